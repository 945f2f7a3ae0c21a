// A face in its panel: mend its box, draw faces that were missed, go from panel to panel.
// The drawing is in episode pixels throughout: the svg's viewBox is the window of the strip.

import { called, words } from "./grid.js";
import { Points } from "./points.js";

const SVG = "http://www.w3.org/2000/svg";
const HANDLE = 11; // screen pixels a side
const SLIP = 8; // a drag shorter than this many screen pixels draws nothing
const CLOSE_UP = 2.5; // zoom shows this many longer edges of the face
const TALL = 1.2; // panels higher than this many widths (and than the view) are shown in part
const NAMED = 40; // screen pixels: smaller boxes have no name beside them, but the chosen one
const EDGES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

/** Events: `choose` when another face of the panel is chosen, `close`. */
export class Panel extends EventTarget {
  current = null; // number of the chosen face, null where the panel has none
  scene = 0;
  episode = 0;
  #record = null; // the server's answer: window, faces, scenes
  #drag = null;
  #nudged = null; // number and box of a face while its move by a key is not yet saved
  #turn = 0;

  constructor(section, store) {
    super();
    this.section = section;
    this.store = store;
    this.view = section.querySelector("svg");
    this.title = section.querySelector("#panel-name");
    this.points = new Points(store);
    this.view.addEventListener("pointerdown", (event) => this.#down(event));
    this.view.addEventListener("pointermove", (event) => this.#move(event));
    this.view.addEventListener("pointerup", (event) => this.#up(event));
    this.view.addEventListener("pointercancel", () => this.#cancel());
    this.view.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.open && this.#draw()).observe(this.view);
    store.addEventListener("records", (event) => this.#refresh(event.detail));
  }

  get open() {
    return !this.section.hidden;
  }

  close() {
    this.section.hidden = true;
    this.dispatchEvent(new Event("close"));
  }

  /** Cancel a drag; whether there was one. */
  escape() {
    const dragging = Boolean(this.#drag);
    this.#cancel();
    return dragging;
  }

  /** Show the panel of a face. */
  async face(record) {
    if (!record) return;
    this.current = record.n;
    const same = this.open && this.#record && this.episode === record.e
      && this.scene === record.scene;
    if (same) {
      if (!inside(this.#shown, record)) this.#shown = this.#wide();
      this.#draw();
    } else await this.#load(record.e, record.scene, record.n);
    await this.#pointed();
  }

  /** Show a panel of an episode, or the one `step` after it. */
  async go(episode, scene, step = 0) {
    const next = scene + step;
    if (next < 0 || (this.#record && step && next >= this.#record.scenes)) return;
    await this.#load(episode, next, null);
    if (!this.#record) return;
    this.current = this.#record.faces[0]?.n ?? null;
    this.#draw();
    this.dispatchEvent(new Event("choose"));
    await this.#pointed();
  }

  step(by) {
    return this.go(this.episode, this.scene, by);
  }

  /** Between the panel and the chosen face's surroundings. */
  zoom(close = !this.#close) {
    const face = this.#chosen();
    if (!close || !face) {
      this.#shown = this.#wide();
    } else {
      const side = CLOSE_UP * Math.max(face.width, face.height);
      this.#shown = within(this.#record.window, [
        face.x + face.width / 2 - side / 2, face.y + face.height / 2 - side / 2, side, side,
      ]);
    }
    this.#draw();
  }

  get #close() {
    const wide = this.#wide();
    return this.#shown[2] < wide[2] || this.#shown[3] < wide[3];
  }

  /** Show the chosen face's landmarks, close up, or hide them. */
  async togglePoints() {
    this.points.shown = !this.points.shown;
    const any = await this.#pointed();
    if (this.points.shown && !any) {
      this.points.shown = false;
      this.store.tell("problem",
        "This face has no landmarks: webtoon-curate landmarks reads the faces that are kept.");
    } else {
      this.zoom(this.points.shown);
    }
  }

  stepPoint(by) {
    this.points.step(by);
    this.#draw();
  }

  async #pointed() {
    const any = await this.points.load(this.#chosen());
    this.#draw();
    return any;
  }

  /** The panel, of a tall one the part around the chosen face that fills the view. */
  #wide() {
    const [x, y, width, height] = this.#record.window;
    const view = this.view.getBoundingClientRect();
    const fits = Math.max(width * (view.height / (view.width || 1)), TALL * width);
    if (height <= fits) return this.#record.window;
    const face = this.#chosen();
    const middle = face ? face.y + face.height / 2 : y;
    return within(this.#record.window, [x, middle - fits / 2, width, fits]);
  }

  /** Move the chosen box, or with `size` its right lower corner, by episode pixels. */
  async nudge(dx, dy, size) {
    const face = this.#chosen();
    if (!face) return;
    const point = this.points.current;
    if (point) {
      this.points.put(this.points.chosen, [point[0] + dx, point[1] + dy]);
      this.#draw();
      await this.points.say(this.points.chosen);
      await this.#pointed();
      return;
    }
    const before = this.#nudged?.n === face.n ? this.#nudged.box : null;
    const [x, y, width, height] = before ?? [face.x, face.y, face.width, face.height];
    const box = size ? [x, y, Math.max(width + dx, 4), Math.max(height + dy, 4)]
      : [x + dx, y + dy, width, height];
    const nudged = this.#nudged = { n: face.n, box };
    await this.store.say("box", [face.n], box);
    if (this.#nudged === nudged) this.#nudged = null;
  }

  #shown = [0, 0, 1, 1];

  async #load(episode, scene, face) {
    const turn = ++this.#turn;
    const asked = `e=${episode}&s=${scene}${face === null ? "" : `&n=${face}`}`;
    const record = await this.store.get(`panel?${asked}`).catch((error) => {
      this.store.tell("problem", `The panel cannot be shown: ${error.message}`);
    });
    if (!record || turn !== this.#turn) return;
    [this.#record, this.episode, this.scene] = [record, episode, scene];
    this.section.hidden = false;
    this.#shown = this.#wide();
    this.store.take(record.faces);
    const image = element("image", box4(record.window));
    const picture = `panel.jpg?${asked}`;
    image.setAttribute("href", picture);
    image.addEventListener("error", () => this.store.get(picture).catch((error) => {
      this.store.tell("problem", `The panel's picture cannot be shown: ${error.message}`);
    }));
    image.setAttribute("preserveAspectRatio", "none");
    this.view.replaceChildren(image, element("g", {}));
    this.title.textContent =
      `${record.title[0]} / ${record.title[1]}, panel ${scene + 1} of ${record.scenes}`;
    this.#draw();
  }

  #refresh(numbers) {
    if (!this.open || !this.#record) return;
    const known = new Set(this.#record.faces.map((face) => face.n));
    for (const n of numbers) {
      const face = this.store.records.get(n);
      if (!known.has(n) && face.e === this.episode && face.scene === this.scene) {
        this.#record.faces.push(face);
      }
    }
    this.#record.faces = this.#record.faces.map((face) => this.store.records.get(face.n) ?? face);
    this.#draw();
    if (numbers.includes(this.current)) this.#pointed();
  }

  #chosen() {
    return this.#record?.faces.find((face) => face.n === this.current && !face.gone) ?? null;
  }

  /** Episode pixels a screen pixel. */
  get #scale() {
    return 1 / (this.view.getScreenCTM()?.a || 1);
  }

  #draw(changed = null) {
    if (!this.#record || !this.view.lastElementChild) return;
    this.view.setAttribute("viewBox", this.#shown.join(" "));
    const layer = this.view.lastElementChild;
    layer.replaceChildren();
    const faces = this.#record.faces.filter((face) => !face.gone);
    faces.sort((a, b) => (a.n === this.current) - (b.n === this.current));
    for (const face of faces) this.#drawFace(layer, face, changed);
    this.points.draw(layer, element, this.#scale);
    if (changed && this.#drag.kind === "new") {
      layer.append(element("rect", { ...box4(changed), class: "box current" }));
    }
  }

  #drawFace(layer, face, changed) {
    const current = face.n === this.current;
    const moved = current && changed && this.#drag.kind !== "new";
    const box = moved ? changed : [face.x, face.y, face.width, face.height];
    const group = element("g", {
      class: `face ${current ? "current" : ""} ${face.keep ? "" : "out"}`,
    });
    const rect = element("rect", { ...box4(box), class: "box", "data-n": face.n });
    rect.dataset.kind = "move";
    const size = 13 * this.#scale;
    const name = element("text", { x: box[0], y: box[1] - size / 3, "font-size": size });
    const named = current || box[2] >= NAMED * this.#scale;
    name.textContent = !named ? "" : [words(face), called(face)].filter(Boolean).join(" · ");
    group.append(rect, name);
    if (current && !this.points.here) this.#drawHandles(group, box);
    layer.append(group);
  }

  #drawHandles(group, [x, y, width, height]) {
    const size = Math.min(HANDLE * this.#scale, Math.min(width, height) / 4);
    for (const edge of EDGES) {
      const cx = x + (edge.includes("w") ? 0 : edge.includes("e") ? width : width / 2);
      const cy = y + (edge.includes("n") ? 0 : edge.includes("s") ? height : height / 2);
      const square = [cx - size / 2, cy - size / 2, size, size];
      const handle = element("rect", { ...box4(square), class: `handle ${edge}` });
      handle.dataset.kind = edge;
      group.append(handle);
    }
  }

  #point(event) {
    const matrix = this.view.getScreenCTM().inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return [point.x, point.y];
  }

  #down(event) {
    if (event.button !== 0 || !this.#record) return;
    const target = event.target;
    const from = this.#point(event);
    const point = this.points.at(from, this.#scale);
    if (point !== null) {
      [this.points.chosen, this.points.held] = [point, true];
      this.#drag = { kind: "point", point, from, was: this.points.place(point), id: event.pointerId };
      this.view.setPointerCapture(event.pointerId);
      this.#draw();
      return;
    }
    const kind = target.dataset?.kind ?? "new";
    if (target.dataset?.n && Number(target.dataset.n) !== this.current) {
      this.current = Number(target.dataset.n);
      this.dispatchEvent(new Event("choose"));
      this.#pointed();
    }
    if (this.points.shown) return; // a box is not moved by a hand that aims at points
    const face = this.#chosen();
    const box = kind === "new" ? null : [face.x, face.y, face.width, face.height];
    this.#drag = { kind, box, from, now: box, id: event.pointerId };
    this.view.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (!this.#drag || event.pointerId !== this.#drag.id) return;
    const { kind, box, from } = this.#drag;
    const [x, y] = this.#point(event);
    if (kind === "point") {
      const { point, was } = this.#drag;
      this.points.put(point, [was[0] + x - from[0], was[1] + y - from[1]]);
      this.#draw();
      return;
    }
    this.#drag.now = kind === "new" ? spanned(from, [x, y])
      : kind === "move" ? [box[0] + x - from[0], box[1] + y - from[1], box[2], box[3]]
      : stretched(box, kind, x - from[0], y - from[1]);
    this.#draw(this.#drag.now);
  }

  async #up(event) {
    if (!this.#drag || event.pointerId !== this.#drag.id) return;
    const { kind, box, now, point, was } = this.#drag;
    this.#drag = null;
    if (kind === "point") {
      this.points.held = false;
      const [x, y] = this.points.place(point);
      const slipped = Math.hypot(x - was[0], y - was[1]) < this.#scale;
      if (!slipped) await this.points.say(point);
      await this.#pointed();
      return;
    }
    const slip = SLIP * this.#scale;
    if (kind === "new") {
      if (now && Math.min(now[2], now[3]) >= slip) await this.#add(now);
    } else if (box.some((value, at) => Math.abs(value - now[at]) > this.#scale)) {
      await this.store.say("box", [this.current], now);
    }
    this.#draw();
  }

  async #add(box) {
    const changed = await this.store.add(this.episode, box);
    if (!changed?.length) return;
    this.current = changed[0].n;
    if (!this.#record.faces.some((face) => face.n === this.current)) {
      this.#record.faces.push(changed[0]);
    }
    this.dispatchEvent(new Event("choose"));
  }

  #cancel() {
    if (this.#drag?.kind === "point") {
      this.points.held = false;
      this.#pointed();
    }
    this.#drag = null;
    this.#draw();
  }

  /** The wheel scrolls a panel that is shown in part; with ctrl it zooms. */
  #wheel(event) {
    event.preventDefault();
    if (!event.ctrlKey) {
      const [left, top, width, height] = this.#shown;
      const moved = [left + event.deltaX * this.#scale, top + event.deltaY * this.#scale];
      this.#shown = within(this.#record.window, [...moved, width, height]);
      this.#draw();
      return;
    }
    const factor = Math.exp(event.deltaY / 500);
    const [x, y] = this.#point(event);
    const [left, top, width, height] = this.#shown;
    this.#shown = within(this.#record.window, [
      x - (x - left) * factor, y - (y - top) * factor, width * factor, height * factor,
    ]);
    this.#draw();
  }
}

/** The part of a window that lies in the whole, moved inside rather than cut. */
function within(whole, [x, y, width, height]) {
  const [w, h] = [Math.min(width, whole[2]), Math.min(height, whole[3])];
  return [
    Math.min(Math.max(x, whole[0]), whole[0] + whole[2] - w),
    Math.min(Math.max(y, whole[1]), whole[1] + whole[3] - h),
    w, h,
  ];
}

/** Whether a face lies in a window with its middle. */
function inside([left, top, width, height], face) {
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

function spanned([x0, y0], [x1, y1]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
}

/** A box of which one edge or corner is moved; it may be turned inside out. */
function stretched([x, y, width, height], edge, dx, dy) {
  const left = x + (edge.includes("w") ? dx : 0);
  const right = x + width + (edge.includes("e") ? dx : 0);
  const top = y + (edge.includes("n") ? dy : 0);
  const bottom = y + height + (edge.includes("s") ? dy : 0);
  return spanned([left, top], [right, bottom]);
}

function box4([x, y, width, height]) {
  return { x, y, width, height };
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
