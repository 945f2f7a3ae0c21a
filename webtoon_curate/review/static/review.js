// The review page: what each key does, and how list, panel and side go together.

import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { Panel } from "./panel.js";
import { Side } from "./side.js";
import { GROUPS, Store } from "./store.js";

const COUNT_MS = 1500; // the counts beside the filters may lag so long behind an action
const byId = (id) => document.getElementById(id);

const store = new Store();
const grid = new Grid(byId("grid"), store);
const panel = new Panel(byId("panel"), store);
const side = new Side(byId("side"));
const filters = new Filters(byId("filters"));
let lastCharacter = "";
let counting = 0;

/** Numbers of the faces that an action is for. */
function chosen() {
  if (panel.open) return panel.current === null ? [] : [panel.current];
  return grid.targets().map((index) => store.numbers[index]);
}

function records() {
  return chosen().map((number) => store.records.get(number)).filter(Boolean);
}

/** Say something of the chosen faces; with `advance`, a single one gives way to the next. */
function say(action, value, advance = false) {
  const numbers = chosen();
  if (!numbers.length) return;
  store.say(action, numbers, value);
  if (!advance || numbers.length > 1) return;
  if (!panel.open) grid.go(grid.focus + 1);
}

const ACTS = {
  ...Object.fromEntries(GROUPS.map(([group, , , value]) => [group, () => say("set", value, true)])),
  glasses: () => say("set", { glasses: !records().every((record) => record.glasses) }),
  delete: () => say("delete", !records().every((record) => record.keep_reason === "not_a_face"), true),
  keep: () => say("set", { keep: !records().every((record) => record.keep) }),
  clear: () => say("set", { gender: null, glasses: null, character: null, keep: null }),
  merge: () => regroup("merge"),
  split: () => regroup("split"),
  panel: () => (panel.open ? panel.close() : panel.face(store.at(grid.focus))),
  character: () => byId("character").select(),
  tags: () => byId("tags").select(),
  again: () => lastCharacter && say("set", { character: lastCharacter }, true),
  undo,
  help: () => byId("help").showModal(),
  find: () => filters.focus(),
  list: () => list(),
  all: () => {
    grid.go(0);
    grid.go(store.numbers.length - 1, true);
  },
};

const KEYS = {
  ...Object.fromEntries(GROUPS.map(([group, , key]) => [key, group])),
  g: "glasses", x: "delete", Delete: "delete", k: "keep", Backspace: "clear", c: "character",
  C: "again", t: "tags", m: "merge", s: "split", u: "undo", "?": "help", "/": "find", r: "list", Enter: "panel",
};
const MOVES = {
  ArrowLeft: () => -1, ArrowRight: () => 1,
  ArrowUp: () => -grid.columns, ArrowDown: () => grid.columns,
  PageUp: () => -grid.columns * grid.page, PageDown: () => grid.columns * grid.page,
  Home: () => -Infinity, End: () => Infinity,
};
const PANEL_KEYS = {
  "[": () => panel.step(-1), "]": () => panel.step(1), z: () => panel.zoom(),
  p: () => panel.togglePoints(), ",": () => panel.stepPoint(-1), ".": () => panel.stepPoint(1),
};
const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function pressed(event) {
  if (byId("help").open) return false;
  const { key } = event;
  if (event.ctrlKey || event.metaKey) {
    const act = { z: "undo", a: panel.open ? null : "all" }[key];
    if (act) ACTS[act]();
    return Boolean(act);
  }
  if (panel.open && event.altKey && NUDGES[key]) {
    panel.nudge(...NUDGES[key], event.shiftKey);
  } else if (event.altKey) {
    return false;
  } else if (key === "Escape" && panel.open) {
    if (!panel.escape()) panel.close();
  } else if (key === "Escape") {
    grid.go(grid.focus);
  } else if (panel.open && PANEL_KEYS[key]) {
    PANEL_KEYS[key]();
  } else if (MOVES[key]) {
    grid.go(grid.focus + MOVES[key](), event.shiftKey && !panel.open);
    if (panel.open) panel.face(store.at(grid.focus));
  } else if (KEYS[key]) {
    if (key === "Enter" && event.target.closest("button")) return false;
    ACTS[KEYS[key]]();
  } else {
    return false;
  }
  return true;
}

/** Merge the chosen faces' characters, or split the chosen faces off theirs. */
async function regroup(path) {
  const numbers = chosen();
  if (!numbers.length) return;
  const changed = await store.regroup(path, numbers);
  if (!changed) return;
  const name = store.records.get(numbers[0])?.character;
  tell("");
  const now = changed.filter((record) => record.character === name).length;
  byId("count").textContent = `${now.toLocaleString()} ${now === 1 ? "face is" : "faces are"} now ${name}`;
}

async function undo() {
  const changed = await store.undo();
  if (!changed) return;
  if (!changed.length) return tell("Nothing is left to undo.");
  const index = store.numbers.indexOf(changed[0].n);
  if (index >= 0 && !panel.open) grid.go(index);
  tell("");
}

function tell(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
  byId("problem").classList.toggle("bad", store.failed);
}

async function list() {
  try {
    await store.list(filters.query);
  } catch (error) {
    tell(error.message);
  }
}

async function count() {
  clearTimeout(counting);
  const summary = await store.get("summary");
  filters.offer(summary);
  side.offer(summary.characters, summary.tags);
  byId("saved").title = `Labels are kept as said by ${summary.who}`;
}

function show() {
  const number = store.numbers.length;
  const many = grid.chosen.size > 1 ? `, ${grid.chosen.size.toLocaleString()} chosen` : "";
  const place = number ? `${(grid.focus + 1).toLocaleString()} of ` : "";
  byId("count").textContent = `${place}${number.toLocaleString()} faces${many}`;
  byId("empty").hidden = number > 0 || panel.open;
  side.show(records());
  const state = filters.query;
  if (grid.focus) state.set("at", grid.focus);
  history.replaceState(null, "", `#${state}`);
}

store.addEventListener("list", show);
store.addEventListener("records", () => {
  side.show(records());
  clearTimeout(counting);
  counting = setTimeout(() => count().catch(() => {}), COUNT_MS); // the next action tells of it
});
store.addEventListener("saving", () => {
  const waiting = store.pending > 0;
  byId("saved").textContent = waiting ? "Saving …" : store.failed ? "Not saved" : "All saved";
  byId("saved").classList.toggle("bad", store.failed);
});
store.addEventListener("problem", (event) => tell(event.detail));
grid.addEventListener("choose", () => {
  if (!store.failed) tell(""); // a note on the face before
  show();
});
grid.addEventListener("open", ACTS.panel);
panel.addEventListener("choose", () => {
  const index = store.numbers.indexOf(panel.current);
  if (index >= 0) grid.go(index);
  side.show(records());
});
panel.addEventListener("close", () => {
  grid.root.focus();
  show();
});
side.addEventListener("act", (event) => ACTS[event.detail]());
side.addEventListener("character", (event) => {
  lastCharacter = event.detail || lastCharacter;
  say("set", { character: event.detail || null });
});
side.addEventListener("tags", (event) => say("tags", side.tagChange(event.detail)));
side.addEventListener("done", () => grid.root.focus());
filters.addEventListener("change", () => {
  grid.focus = 0;
  if (panel.open) panel.close();
  list();
});
filters.addEventListener("done", () => grid.root.focus());
document.addEventListener("keydown", (event) => {
  if (pressed(event)) event.preventDefault();
});
byId("undo").addEventListener("click", undo);
byId("help-open").addEventListener("click", ACTS.help);
byId("filters-toggle").addEventListener("click", () => document.body.classList.toggle("filtering"));
byId("empty-clear").addEventListener("click", () => byId("filters").reset());
byId("empty-panels").addEventListener("click", () => panel.go(0, 0));
byId("panel-close").addEventListener("click", () => panel.close());
byId("panel-back").addEventListener("click", () => panel.step(-1));
byId("panel-next").addEventListener("click", () => panel.step(1));
byId("panel-zoom").addEventListener("click", () => panel.zoom());
byId("panel-points").addEventListener("click", () => panel.togglePoints());

const state = new URLSearchParams(location.hash.slice(1));
grid.focus = Number(state.get("at")) || 0;
grid.root.focus();
// The first list need not wait for the counts, unless the address asks for some of what they name.
if ([...state.keys()].some((name) => name !== "at")) {
  await count().catch((error) => tell(error.message));
  filters.restore(state);
  await list();
} else {
  await Promise.all([list(), count().catch((error) => tell(error.message))]);
}
