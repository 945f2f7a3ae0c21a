// The 68 landmarks of a face, drawn in its panel: choose one and move it.

const RADIUS = 3.5; // screen pixels
const REACH = 10; // screen pixels around a point in which it can be taken
// Runs of iBUG's 68 points; the closed ones end where they begin.
const LINES = [[0, 16], [17, 21], [22, 26], [27, 30], [31, 35]];
const RINGS = [[36, 41], [42, 47], [48, 59], [60, 67]];

export class Points {
  shown = false;
  held = false; // while a point is dragged, what others said has to wait
  chosen = null; // index 0-67
  #points = []; // [x, y], episode pixels
  #of = null; // number of the face
  #turn = 0;
  #saying = 0; // answers that were asked for before know less than the person sees

  constructor(store) {
    this.store = store;
  }

  get here() {
    return this.shown && this.#points.length > 0;
  }

  /** The chosen point, or null. */
  get current() {
    return this.here && this.chosen !== null ? this.#points[this.chosen] : null;
  }

  /** Fetch a face's points; whether it has any. */
  async load(face) {
    const turn = ++this.#turn;
    if (face?.n !== this.#of) [this.#points, this.chosen, this.#of] = [[], null, face?.n ?? null];
    if (!this.shown || !face) return false;
    const points = await this.store.get(`points?n=${face.n}`).catch(() => []);
    if (turn === this.#turn && !this.held && !this.#saying) this.#points = points;
    return this.here;
  }

  /** Choose the point before or after. */
  step(by) {
    if (!this.here) return;
    this.chosen = this.chosen === null ? 0 : (this.chosen + by + 68) % 68;
  }

  /** The point that a mouse at (x, y) takes, or null. */
  at([x, y], scale) {
    if (!this.here) return null;
    const away = this.#points.map(([px, py]) => Math.hypot(px - x, py - y));
    const best = away.indexOf(Math.min(...away));
    return away[best] <= REACH * scale ? best : null;
  }

  /** Put a point somewhere; it is kept when `say` is called. */
  put(index, point) {
    this.#points[index] = point;
  }

  place(index) {
    return this.#points[index];
  }

  async say(index) {
    const point = this.#points[index].map((value) => Math.round(value * 10) / 10);
    this.#saying++;
    await this.store.say("points", [this.#of], { [index]: point });
    this.#saying--;
  }

  draw(layer, element, scale) {
    if (!this.here) return;
    const path = (from, to) => this.#points.slice(from, to + 1).map((p) => p.join(" ")).join(" L ");
    const lines = [
      ...LINES.map(([from, to]) => `M ${path(from, to)}`),
      ...RINGS.map(([from, to]) => `M ${path(from, to)} Z`),
    ];
    layer.append(element("path", { d: lines.join(" "), class: "lines" }));
    this.#points.forEach(([cx, cy], index) => {
      const chosen = index === this.chosen;
      const r = (chosen ? 1.7 : 1) * RADIUS * scale;
      const dot = element("circle", { cx, cy, r, class: `point ${chosen ? "chosen" : ""}` });
      dot.dataset.point = index;
      layer.append(dot);
    });
  }
}
