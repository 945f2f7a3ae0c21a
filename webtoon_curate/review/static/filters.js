// The filters: a form whose values are kept in the address, so that a reload finds them again.

import { GROUPS } from "./store.js";

const TYPING_MS = 250; // a filter that is being typed waits so long

/** Events: `change`, and `done` when the person goes back to the faces. */
export class Filters extends EventTarget {
  #typing = 0;

  constructor(form) {
    super();
    this.form = form;
    form.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#tell("change"), TYPING_MS);
    });
    form.addEventListener("reset", () => setTimeout(() => this.#tell("change")));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const typed = event.key === "Enter" && event.target.matches("input");
      if (typed || event.key === "Escape") this.#tell("done");
    });
  }

  /** The filter as the server takes it. */
  get query() {
    const values = new URLSearchParams(new FormData(this.form));
    for (const [name, value] of [...values]) if (!value) values.delete(name);
    return values;
  }

  /** Take the filter from the page's address. */
  restore(values) {
    for (const field of this.form.elements) {
      if (field.name && values.has(field.name)) field.value = values.get(field.name);
    }
  }

  /** What there is to choose from, with counts. */
  offer(summary) {
    const { groups, reasons, duplicates } = summary;
    this.#options("duplicates", duplicates ? [["yes", "duplicates", duplicates]] : []);
    this.#options("suggested", summary.suggested.map(([word, count]) => [word, word, count]));
    this.#options("group", [
      ...GROUPS.map(([group, name]) => [group, name, groups[group] ?? 0]),
      ["none", "Not said", groups.none ?? 0],
    ], summary.faces);
    this.#options("reason", Object.entries(reasons).map(([reason, count]) =>
      [reason, reason.replaceAll("_", " "), count]));
    this.#options("episode", summary.episodes.map(([title, episode, count], index) =>
      [index, `${title} / ${episode}`, count]));
    this.#options("character", summary.characters.map((name) => [name, name]));
  }

  focus() {
    this.form.elements.text.select();
  }

  #options(name, choices, total) {
    const select = this.form.elements[name];
    const was = select.value;
    const all = new Option(total === undefined ? "all" : `all (${total.toLocaleString()})`, "");
    select.replaceChildren(all, ...choices.map(([value, text, count]) =>
      new Option(count === undefined ? text : `${text} (${count.toLocaleString()})`, value)));
    select.value = was;
    if (select.selectedIndex < 0) select.value = "";
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
