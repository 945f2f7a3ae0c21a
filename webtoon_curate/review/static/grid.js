// The grid of faces. Only the cells in view exist; they are taken over by the faces that come into
// view, so that fifty thousand faces scroll as fifty do.

import { GROUPS, thumb } from "./store.js";

const CELL = { width: 132, height: 158, gap: 8 }; // pixels, as in review.css
const AHEAD = 2; // rows beyond the edges of the view that are made ready
const STILL_MS = 60; // after jumps by more than a view, pictures wait until it stands still
const LOADING = 4; // pictures at a time: a browser has six connections, and labels go first
const NAMES = Object.fromEntries(GROUPS.map(([group, name]) => [group, name]));

/** Events: `choose` when focus or selection changed, `open` for a face's panel. */
export class Grid extends EventTarget {
  focus = 0; // index in the list
  chosen = new Set(); // indices; empty when only the focus is meant
  #cells = new Map(); // index -> element
  #free = [];
  #anchor = 0;
  #frame = 0;
  #still = 0;
  #top = 0;
  #loading = new Set(); // cells

  constructor(root, store) {
    super();
    this.root = root;
    this.spacer = root.firstElementChild;
    this.store = store;
    root.addEventListener("scroll", () => this.#later(), { passive: true });
    root.addEventListener("pointerdown", (event) => this.#click(event));
    root.addEventListener("dblclick", () => this.dispatchEvent(new Event("open")));
    // Neither event bubbles, but both can be caught on their way down.
    for (const type of ["load", "error"]) {
      root.addEventListener(type, (event) => this.#loaded(event), true);
    }
    new ResizeObserver(() => this.#layout()).observe(root);
    store.addEventListener("list", () => this.#relist());
    store.addEventListener("records", () => this.#later());
  }

  get length() {
    return this.store.numbers.length;
  }

  get columns() {
    return Math.max(1, Math.floor((this.root.clientWidth - CELL.gap) / (CELL.width + CELL.gap)));
  }

  /** Rows that fit into the view, for page up and down. */
  get page() {
    return Math.max(1, Math.floor(this.root.clientHeight / (CELL.height + CELL.gap)));
  }

  /** Indices that an action is for. */
  targets() {
    if (!this.length) return [];
    return this.chosen.size ? [...this.chosen].sort((a, b) => a - b) : [this.focus];
  }

  /** Move the focus to an index; `extend` chooses all from where the range began. */
  go(index, extend = false) {
    if (!this.length) return;
    this.focus = Math.min(Math.max(index, 0), this.length - 1);
    this.chosen.clear();
    if (extend) {
      const [low, high] = [this.#anchor, this.focus].sort((a, b) => a - b);
      for (let at = low; at <= high; at++) this.chosen.add(at);
    } else {
      this.#anchor = this.focus;
    }
    this.reveal();
    this.#changed();
  }

  reveal() {
    const top = Math.floor(this.focus / this.columns) * (CELL.height + CELL.gap);
    const bottom = top + CELL.height + 2 * CELL.gap;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    if (bottom > this.root.scrollTop + this.root.clientHeight) {
      this.root.scrollTop = bottom - this.root.clientHeight;
    }
  }

  #toggle(index) {
    if (!this.chosen.size) this.chosen.add(this.focus);
    if (!this.chosen.delete(index)) this.chosen.add(index);
    this.focus = this.#anchor = index;
    this.#changed();
  }

  #changed() {
    this.#later();
    this.dispatchEvent(new Event("choose"));
  }

  #click(event) {
    const cell = event.target.closest(".cell");
    if (!cell || event.button !== 0) return;
    const index = Number(cell.dataset.index);
    if (event.ctrlKey || event.metaKey) this.#toggle(index);
    else this.go(index, event.shiftKey);
  }

  #relist() {
    this.chosen.clear();
    this.focus = this.#anchor = Math.min(this.focus, Math.max(this.length - 1, 0));
    for (const index of [...this.#cells.keys()]) this.#drop(index);
    this.#layout();
    this.reveal();
    this.#changed();
  }

  #layout() {
    const rows = Math.ceil(this.length / this.columns);
    this.spacer.style.height = `${rows * (CELL.height + CELL.gap) + CELL.gap}px`;
    this.#later();
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render() {
    const step = CELL.height + CELL.gap;
    const columns = this.columns;
    const space = (this.root.clientWidth - columns * CELL.width) / (columns + 1);
    const top = this.root.scrollTop;
    const first = Math.max(0, Math.floor(top / step) - AHEAD) * columns;
    const last = (Math.ceil((top + this.root.clientHeight) / step) + AHEAD) * columns;
    const end = Math.min(last, this.length);
    for (const index of [...this.#cells.keys()]) {
      if (index < first || index >= end) this.#drop(index);
    }
    for (let index = first; index < end; index++) {
      const cell = this.#cells.get(index) ?? this.#make(index);
      const x = space + (index % columns) * (CELL.width + space);
      const y = CELL.gap + Math.floor(index / columns) * step;
      cell.style.transform = `translate(${x}px, ${y}px)`;
      this.#fill(cell, index);
    }
    this.root.setAttribute("aria-activedescendant", this.length ? `face-${this.focus}` : "");
    clearTimeout(this.#still);
    const jumped = Math.abs(top - this.#top) > this.root.clientHeight;
    this.#top = top;
    if (jumped) this.#still = setTimeout(() => this.#pictures(), STILL_MS);
    else this.#pictures();
  }

  #make(index) {
    const cell = this.#free.pop() ?? newCell();
    cell.id = `face-${index}`;
    cell.dataset.index = index;
    cell.hidden = false;
    this.#cells.set(index, cell);
    if (!cell.isConnected) this.spacer.append(cell);
    return cell;
  }

  #drop(index) {
    const cell = this.#cells.get(index);
    this.#cells.delete(index);
    cell.hidden = true;
    cell.removeAttribute("id");
    cell.picture.removeAttribute("src"); // ends the loading of what scrolled away
    cell.address = "";
    this.#loading.delete(cell);
    this.#free.push(cell);
  }

  #fill(cell, index) {
    const record = this.store.records.get(this.store.numbers[index]);
    const chosen = this.chosen.has(index);
    cell.classList.toggle("focus", index === this.focus);
    cell.setAttribute("aria-selected", chosen || (!this.chosen.size && index === this.focus));
    cell.setAttribute("aria-setsize", this.length);
    cell.setAttribute("aria-posinset", index + 1);
    cell.classList.toggle("chosen", chosen);
    cell.classList.toggle("out", record ? !record.keep : false);
    cell.classList.toggle("false", record?.keep_reason === "not_a_face" || Boolean(record?.gone));
    cell.dataset.group = record?.group ?? "none";
    cell.dataset.said = record ? said(record) : "";
    cell.first.textContent = record ? words(record) : "";
    cell.second.textContent = record ? under(record) : "";
    const parts = record ? [words(record), said(record), under(record)] : ["loading"];
    cell.setAttribute("aria-label", parts.filter(Boolean).join(", "));
  }

  #pictures() {
    for (const index of [...this.#cells.keys()].sort((a, b) => a - b)) {
      const record = this.store.at(index);
      const cell = this.#cells.get(index);
      if (!record || cell.address === thumb(record)) continue;
      if (this.#loading.size >= LOADING) return;
      cell.address = thumb(record);
      this.#loading.add(cell);
      cell.picture.src = cell.address;
    }
  }

  #loaded(event) {
    event.target.alt = event.type === "error" ? "no picture" : "";
    if (this.#loading.delete(event.target.parentElement)) this.#pictures();
  }
}

/** A face's group in words. */
export function words(record) {
  if (record.gone) return "taken back";
  if (record.keep_reason === "not_a_face") return "Not a face";
  if (record.group) return NAMES[record.group] ?? record.group;
  const gender = record.gender ? record.gender[0].toUpperCase() + record.gender.slice(1) : "";
  const glasses = record.glasses === null ? "" : record.glasses ? "glasses" : "no glasses";
  return [gender, glasses].filter(Boolean).join(", ") || "–";
}

/** Whether `words` are somebody's and no model's: what is done, and what is still to be looked at. */
function said(record) {
  const somebody = record.keep_reason === "not_a_face" ? record.who
    : ["human", "import"].includes(record.group_source);
  return somebody ? "said" : "";
}

/** A character's name; of a cluster its number, for the title is the same on many faces. */
export function called(record) {
  const title = `${record.face_id.split("/")[0]}/`;
  return record.character?.startsWith(title) ? record.character.slice(title.length) : record.character;
}

function under(record) {
  const reason = record.keep || record.keep_reason === "not_a_face" ? "" : record.keep_reason;
  const parts = [called(record), ...(record.tags ?? []), reason?.replaceAll("_", " ")];
  return parts.filter(Boolean).join(" · ") || `score ${(record.score ?? 0).toFixed(2)}`;
}

function newCell() {
  const cell = document.createElement("div");
  cell.className = "cell";
  cell.setAttribute("role", "option");
  cell.picture = document.createElement("img");
  cell.picture.alt = "";
  cell.picture.decoding = "async";
  cell.picture.draggable = false;
  cell.first = document.createElement("span");
  cell.first.className = "group";
  cell.second = document.createElement("span");
  cell.second.className = "under";
  cell.append(cell.picture, cell.first, cell.second);
  return cell;
}
