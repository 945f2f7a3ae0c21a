// What the page knows, and how it talks to the server. All addresses are relative to the page's
// own, which holds the secret token.

const CHUNK = 200; // records asked for at a time; the server gives up to 500
const POLL_MS = 3000; // how often to look for what other reviewers did

export const GROUPS = [
  ["woman_no_glasses", "Woman", "1", { gender: "woman", glasses: false }],
  ["man_no_glasses", "Man", "2", { gender: "man", glasses: false }],
  ["woman_glasses", "Woman, glasses", "3", { gender: "woman", glasses: true }],
  ["man_glasses", "Man, glasses", "4", { gender: "man", glasses: true }],
  ["unknown", "Unknown", "0", { gender: "unknown", glasses: null }],
];

/** Events: `list` (another list of faces), `records` (detail: numbers), `saving`, `problem`. */
export class Store extends EventTarget {
  numbers = []; // of the faces of the list, in its order
  records = new Map(); // by number
  version = 0;
  pending = 0; // actions that the server did not acknowledge yet
  failed = false; // whether the latest action was not saved
  #asked = new Set();
  #queue = Promise.resolve();
  #listing = 0;

  constructor() {
    super();
    setInterval(() => this.#poll(), POLL_MS);
  }

  /** Ask for the faces of a filter (a URLSearchParams). */
  async list(filter) {
    const turn = ++this.#listing;
    const answer = await this.get(`faces?${filter}`);
    if (turn !== this.#listing) return; // a newer filter was asked for meanwhile
    this.numbers = answer.numbers;
    this.version ||= answer.version;
    this.tell("list");
  }

  /** The record at a place of the list, if it is here; else it is fetched and told of. */
  at(index) {
    const record = this.records.get(this.numbers[index]);
    if (!record && index >= 0 && index < this.numbers.length) this.#fetch(index);
    return record;
  }

  /** Append an action to the log; the faces change when the server has it on the disk. */
  say(action, faces, value) {
    return this.#post("say", { action, faces, value });
  }

  add(episode, box) {
    return this.#post("add", { episode, box });
  }

  undo() {
    return this.#post("undo", {});
  }

  /** Merge or split the characters of these faces. */
  regroup(path, faces) {
    return this.#post(path, { faces });
  }

  async get(path) {
    const response = await fetch(path);
    if (!response.ok) throw await problem(response);
    return response.json();
  }

  take(records) {
    for (const record of records) this.records.set(record.n, record);
    if (records.length) this.tell("records", records.map((record) => record.n));
  }

  /** Actions go one after the other, so that they reach the log in the order they were made. */
  #post(path, body) {
    this.pending++;
    this.tell("saving");
    const done = this.#queue.then(async () => {
      const response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw await problem(response);
      const records = await response.json();
      this.failed = false;
      this.take(records);
      this.tell("problem", "");
      return records;
    });
    this.#queue = done.catch((error) => this.#fail(error)).finally(() => {
      this.pending--;
      this.tell("saving");
    });
    return done.catch(() => null);
  }

  #fail(error) {
    if (error.refused) return this.tell("problem", `Nothing changed: ${error.message}`);
    this.failed = true;
    const gone = error instanceof TypeError; // what fetch throws without an answer
    return this.tell("problem", gone
      ? "Not saved: the server does not answer. What was saved before is safe; start review again."
      : `Not saved: ${error.message}`);
  }

  async #fetch(index) {
    const first = index - (index % CHUNK);
    if (this.#asked.has(this.numbers[first])) return;
    const numbers = this.numbers.slice(first, first + CHUNK);
    this.#asked.add(numbers[0]);
    try {
      this.take(await this.get(`records?n=${numbers}`));
    } catch (error) {
      this.tell("problem", `Faces could not be read: ${error.message}`);
    } finally {
      this.#asked.delete(numbers[0]);
    }
  }

  async #poll() {
    if (document.hidden || this.pending) return;
    try {
      const answer = await this.get(`changes?since=${this.version}`);
      this.version = answer.version;
      this.take(answer.faces.filter((face) => this.records.has(face.n)));
    } catch {
      // The next action tells the person; a poll that fails changes nothing.
    }
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The address of a face's thumbnail; it changes with the box, so that it can be cached. */
export function thumb(record) {
  const { n, x, y, width, height } = record;
  return `thumb?n=${n}&v=${[x, y, width, height].map((value) => value.toFixed(1))}`;
}

/** What the server says is wrong; `refused` where the request makes no sense and nothing is lost. */
async function problem(response) {
  const text = await response.text();
  let told = {};
  try {
    told = JSON.parse(text);
  } catch {
    // A request that is not the page's own is refused in plain text.
  }
  const error = new Error(told.error ?? (text || `${response.status}`));
  return Object.assign(error, { refused: told.refused === true });
}
