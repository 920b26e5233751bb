// @ts-check
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { announce } from './messages.mjs';

/** A viewer's end of a connection in memory; what the tracker says is not read. */
class Line extends Duplex {
  /** @override */
  _read() {}
  /** @override @param {Buffer} _chunk @param {string} _encoding @param {() => void} done */
  _write(_chunk, _encoding, done) {
    done();
  }
}

const request = {
  method: 'GET',
  url: '/announce',
  headers: { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
};

/** Viewers in the tracker's own process: no descriptors, and no system. What they say costs the same process. */
export class Streams {
  /** @type {Line[]} */
  #viewers = [];

  /** @param {import('@live-torrent/tracker').Tracker} tracker @param {number} count */
  async join(tracker, count) {
    for (let i = 0; i < count; i++) {
      const line = new Line();
      tracker.upgrade(/** @type {any} */ (request), line, Buffer.alloc(0));
      line.push(announce(i, 0, 'started'));
      this.#viewers.push(line);
      if (i % 100 === 0) await sleep(0);
    }
    await sleep(1_000);
  }

  /** @param {{ announces: number, offers: number, seconds: number }} order a hundredth at a time */
  async say({ announces, offers, seconds }) {
    for (let sent = 0; sent < announces; ) {
      const until = Math.min(announces, sent + Math.ceil(announces / 100));
      for (; sent < until; sent++) {
        const i = sent % this.#viewers.length;
        this.#viewers[i]?.push(announce(i, offers));
      }
      await sleep(seconds * 10);
    }
  }
}
