// What is known of the chosen faces, with a button for every key.

import { GROUPS, thumb } from "./store.js";

/** Events: `act` (detail: a name of an action or a group), `character` and `tags` (detail: text),
 * `done` when the person goes back to the faces. */
export class Side extends EventTarget {
  #records = [];

  constructor(root) {
    super();
    this.root = root;
    this.big = root.querySelector("#big");
    this.name = root.querySelector("#name");
    this.facts = root.querySelector("#facts");
    this.character = root.querySelector("#character");
    this.tags = root.querySelector("#tags");
    const groups = root.querySelector("#groups");
    for (const [group, name, key] of GROUPS) groups.append(groupButton(group, name, key));
    root.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) this.#tell("act", act);
    });
    this.#typed(this.character, "character");
    this.#typed(this.tags, "tags");
  }

  /** Names to choose from while typing. */
  offer(characters, tags) {
    fillList(this.root.querySelector("#characters"), characters);
    fillList(this.root.querySelector("#tag-names"), tags.map(quoted));
  }

  /** Show one face, or what many have in common. */
  show(records) {
    this.#records = records;
    const [first] = records;
    this.root.classList.toggle("none", !first);
    if (!first) return;
    const address = thumb(first);
    if (this.big.getAttribute("src") !== address) this.big.src = address;
    this.name.textContent = records.length > 1 ? `${records.length} faces` : first.face_id;
    this.facts.replaceChildren(...(records.length > 1 ? [] : facts(first)));
    const group = common(records, (record) => record.group ?? "none");
    const glasses = common(records, (record) => record.glasses);
    const pressed = {
      ...Object.fromEntries(GROUPS.map(([name]) => [name, group === name])),
      glasses: glasses === true,
      delete: records.every((record) => record.keep_reason === "not_a_face"),
      keep: records.every((record) => record.keep_reason === "left_out"),
    };
    for (const button of this.root.querySelectorAll("[data-act]")) {
      const on = pressed[button.dataset.act];
      if (on !== undefined) button.setAttribute("aria-pressed", on);
    }
    if (document.activeElement !== this.character) this.#reset(this.character);
    if (document.activeElement !== this.tags) this.#reset(this.tags);
  }

  /** Tags that were put on and taken off in the text: `-hat` says that the face lacks it. Of many
   * faces only these are taken off. */
  tagChange(text) {
    const wanted = parted(text);
    const had = this.#records.length === 1 ? this.#records[0].tags ?? [] : [];
    const lacking = wanted.filter((tag) => tag.startsWith("-")).map((tag) => tag.slice(1).trim());
    return {
      add: wanted.filter((tag) => !had.includes(tag) && !tag.startsWith("-")),
      remove: [...had.filter((tag) => !wanted.includes(tag)), ...lacking.filter(Boolean)],
    };
  }

  #typed(input, type) {
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.#reset(input);
      if (event.key === "Escape" || event.key === "Enter") {
        event.preventDefault();
        input.blur();
        this.#tell("done");
      }
    });
    // Before a click chooses another face: what was typed is said of the faces it was typed for.
    document.addEventListener("pointerdown", (event) => {
      if (document.activeElement === input && event.target !== input) input.blur();
    }, true);
    input.addEventListener("blur", () => {
      if (input.value.trim() !== input.dataset.was) this.#tell(type, input.value.trim());
    });
  }

  #reset(input) {
    const value = input === this.character
      ? common(this.#records, (record) => record.character)
      : common(this.#records, (record) => (record.tags ?? []).map(quoted).join(", "));
    input.value = input.dataset.was = value ?? "";
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The tags in a text, parted by commas; as in CSV, one with commas of its own is in quotes. */
function parted(text) {
  const tags = text.matchAll(/\s*(?:"((?:[^"]|"")*)"(?=\s*(?:,|$))|([^,]*))/g);
  return [...tags].map(([, inside, plain]) => (inside?.replaceAll('""', '"') ?? plain).trim())
    .filter(Boolean);
}

function quoted(tag) {
  return tag.includes(",") || tag.startsWith('"') ? `"${tag.replaceAll('"', '""')}"` : tag;
}

function groupButton(group, name, key) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.act = button.dataset.group = group;
  const hint = document.createElement("kbd");
  hint.textContent = key;
  button.append(`${name} `, hint);
  return button;
}

function facts(record) {
  const size = `${Math.round(record.width)} × ${Math.round(record.height)} px`;
  const out = record.keep ? "" : (record.keep_reason ?? "").replaceAll("_", " ");
  const said = record.who ? `${record.who}, ${new Date(record.time).toLocaleString()}` : "";
  const pairs = [
    ["Found by", `${record.detector}, ${(record.score ?? 0).toFixed(2)}`],
    ["Size", size],
    ["Left out", out],
    ["Quality", record.quality === null ? "" : record.quality.toFixed(2)],
    ["Same as", record.duplicate_cluster === record.face_id ? "" : record.duplicate_cluster ?? ""],
    ["Group from", record.group_source],
    ["Last said", said],
  ];
  return pairs.filter(([, value]) => value).flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, text.textContent] = [name, value];
    return [term, text];
  });
}

/** The value that all records have, else undefined. */
function common(records, value) {
  const [first, ...rest] = records.map(value);
  return rest.every((other) => other === first) ? first : undefined;
}

function fillList(list, values) {
  list.replaceChildren(...values.map((value) => Object.assign(
    document.createElement("option"), { value })));
}
