import { formatBytes } from './format.js';
import { svg } from './svg.js';

const CENTRE = { x: 180, y: 122 };
const ORBIT = { x: 148, y: 88 };
const ORIGIN = { x: 180, y: 20 };

/** Where the links' arc starts and how far it goes, radians clockwise from the right; the gap at the top is the origin's. */
const ARC = { start: -0.72, length: Math.PI + 1.44 };

/** More links than this stand on two orbits by turns, the inner one at this share of the outer. */
const ROOMY = 9;
const INNER = 0.66;

/** Bytes per second that draw an edge at full width, and those from which it is drawn as one in use. */
const FULL = 60_000;
const USED = 500;

/** Share of a rate that the newest second makes. */
const NEWEST = 0.3;

/** Widths of an edge, px: few, so that it is drawn anew only when its flow has changed. */
const WIDTHS = [1.5, 2.5, 4, 6];

/** Where an edge's arrowheads stand, as shares of its length. */
const HEADS = [0.4, 0.6];

/** One direction between two points: as wide as its rate, with arrowheads while bytes flow. */
class Edge {
  #group;
  #line = svg('line');
  #heads = HEADS.map(() => svg('path', { class: 'head', d: 'M-3.5 -4L3.5 0L-3.5 4' }));
  #rate = 0;
  #bytes = 0;
  #width = 0;

  constructor(layer, kind) {
    this.#group = svg('g', { class: `edge idle ${kind}` }, this.#line, ...this.#heads);
    layer.prepend(this.#group);
  }

  place(from, to) {
    for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y })) {
      this.#line.setAttribute(name, value.toFixed(1));
    }
    const degrees = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    for (const [i, head] of this.#heads.entries()) {
      const at = (one, other) => (one + (other - one) * HEADS[i]).toFixed(1);
      head.setAttribute(
        'transform',
        `translate(${at(from.x, to.x)} ${at(from.y, to.y)}) rotate(${degrees.toFixed(1)})`,
      );
    }
  }

  /** `bytes` is the counter's value; called once a second. */
  update(bytes) {
    const moved = bytes < this.#bytes ? bytes : bytes - this.#bytes;
    this.#bytes = bytes;
    this.#rate += (moved - this.#rate) * NEWEST;
    const part = Math.sqrt(Math.min(1, this.#rate / FULL));
    const width = this.#rate < USED ? 0 : WIDTHS[Math.round(part * (WIDTHS.length - 1))];
    if (width === this.#width) return;
    this.#width = width;
    this.#group.classList.toggle('idle', width === 0);
    this.#line.style.strokeWidth = width === 0 ? '' : `${width}px`;
  }

  remove() {
    this.#group.remove();
  }
}

/** Another viewer: its node and the two edges to it. */
class Peer {
  #node = svg('g');
  #title = svg('title');
  #circle = svg('circle', { class: 'peer' });
  #id;
  #down;
  #up;

  constructor(edges, nodes, id) {
    this.#id = id.slice(-4);
    this.#down = new Edge(edges, 'down');
    this.#up = new Edge(edges, 'up');
    const label = svg('text', { y: 4 });
    label.textContent = this.#id;
    this.#node.append(this.#title, this.#circle, label);
    nodes.append(this.#node);
  }

  /** `reach` is the distance from the centre as a share of the orbit's, `radius` the node's. */
  place(angle, reach, radius) {
    const node = { x: CENTRE.x + reach * ORBIT.x * Math.cos(angle), y: CENTRE.y + reach * ORBIT.y * Math.sin(angle) };
    const length = Math.hypot(node.x - CENTRE.x, node.y - CENTRE.y);
    const aside = { x: (-3.5 * (node.y - CENTRE.y)) / length, y: (3.5 * (node.x - CENTRE.x)) / length };
    const shift = (point, sign) => ({ x: point.x + sign * aside.x, y: point.y + sign * aside.y });
    this.#down.place(shift(node, 1), shift(CENTRE, 1));
    this.#up.place(shift(CENTRE, -1), shift(node, -1));
    this.#circle.setAttribute('r', radius);
    this.#node.setAttribute('transform', `translate(${node.x.toFixed(1)} ${node.y.toFixed(1)})`);
  }

  update(link) {
    this.#down.update(link.downloadedBytes);
    this.#up.update(link.uploadedBytes);
    const [down, up] = [formatBytes(link.downloadedBytes), formatBytes(link.uploadedBytes)];
    const text = `Viewer …${this.#id}: ${down} from it, ${up} to it`;
    if (this.#title.textContent !== text) this.#title.textContent = text;
    return text;
  }

  remove() {
    this.#node.remove();
    this.#down.remove();
    this.#up.remove();
  }
}

/** This viewer in the middle, the origin above it, the linked viewers around. */
export class MeshGraph {
  #element;
  #edges = svg('g');
  #nodes = svg('g');
  #ghosts = svg('g');
  #origin;
  #peers = new Map();

  constructor(element) {
    this.#element = element;
    this.#origin = new Edge(this.#edges, 'from-origin');
    this.#origin.place(ORIGIN, CENTRE);
    for (const angle of [ARC.start + ARC.length * 0.25, ARC.start + ARC.length * 0.75]) {
      const [cx, cy] = [CENTRE.x + ORBIT.x * Math.cos(angle), CENTRE.y + ORBIT.y * Math.sin(angle)];
      this.#ghosts.append(svg('circle', { class: 'ghost', cx, cy, r: 20 }));
    }
    const label = svg('text', { class: 'caption-text', x: ORIGIN.x + 48, y: ORIGIN.y + 4 });
    label.textContent = 'origin';
    const you = svg('text', { class: 'self-name', x: CENTRE.x, y: CENTRE.y + 4.5 });
    you.textContent = 'you';
    element.append(
      svg('ellipse', { class: 'orbit', cx: CENTRE.x, cy: CENTRE.y, rx: ORBIT.x, ry: ORBIT.y }),
      this.#ghosts,
      svg('circle', { class: 'halo', cx: CENTRE.x, cy: CENTRE.y, r: 34 }),
      this.#edges,
      svg('circle', { class: 'self', cx: CENTRE.x, cy: CENTRE.y, r: 25 }),
      svg('rect', { class: 'origin', x: ORIGIN.x - 22, y: ORIGIN.y - 17, width: 44, height: 34, rx: 9 }),
      svg('path', { class: 'origin-sign', d: `M${ORIGIN.x - 11} ${ORIGIN.y - 5}h14m7 0h1m-22 10h14m7 0h1` }),
      this.#nodes,
      label,
      you,
    );
  }

  /**
   * Called once a second; what has not changed is not drawn again.
   *
   * @returns {string[]} a line of text for each link
   * @param {readonly { id: string, downloadedBytes: number, uploadedBytes: number }[]} links
   * @param {number} originBytes the origin's counter
   */
  update(links, originBytes) {
    const ids = new Set(links.map((link) => link.id));
    const gone = [...this.#peers.keys()].filter((id) => !ids.has(id));
    const added = links.filter((link) => !this.#peers.has(link.id));
    for (const id of gone) {
      this.#peers.get(id).remove();
      this.#peers.delete(id);
    }
    for (const { id } of added) this.#peers.set(id, new Peer(this.#edges, this.#nodes, id));
    if (gone.length + added.length > 0) this.#arrange();
    this.#origin.update(originBytes);
    return links.map((link) => this.#peers.get(link.id).update(link));
  }

  #arrange() {
    const count = this.#peers.size;
    const crowded = count > ROOMY;
    let index = 0;
    for (const peer of this.#peers.values()) {
      const reach = crowded && index % 2 === 1 ? INNER : 1;
      peer.place(ARC.start + (ARC.length * (index++ + 0.5)) / count, reach, crowded ? 16 : 20);
    }
    this.#ghosts.style.display = count === 0 ? '' : 'none';
    this.#element.setAttribute('aria-label', `This viewer is linked to ${count} other viewer${count === 1 ? '' : 's'}`);
  }
}
