// @ts-check
import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

/** Time between two loads of the playlist, ms. */
const RELOAD_MS = 4_000;
/** It gives up what has brought nothing for so long, ms. */
const PATIENCE_MS = 30_000;
const ANNOUNCE_MS = 20_000;

/** How its loads ended. */
export class Loads {
  whole = 0;
  /** Answered by another status than 200. */
  refused = 0;
  /** The server ended a connection that was made for it, without the whole answer. */
  cut = 0;
  /** It waited for `PATIENCE_MS`: it, the machine or the server was too slow, and it cannot tell. */
  gaveUp = 0;
  /** Asked again on a new connection: the server had ended an idle one when the request went out (RFC 9112 §9.3.1). */
  again = 0;
  /** The tracker ended its connection. */
  unannounced = 0;
  /** What was refused, cut or ended, at first. @type {string[]} */
  examples = [];
}

/** Lets many clients stand still at once, so that what is counted then is not what was on its way. */
export class Turnstile {
  #open = Promise.resolve();
  #let = () => {};
  isOpen = true;
  /** Loads on their way. */
  under = 0;

  close() {
    this.isOpen = false;
    this.#open = new Promise((resolve) => {
      this.#let = resolve;
    });
  }

  open() {
    this.isOpen = true;
    this.#let();
  }

  /** @param {() => Promise<void>} task */
  async through(task) {
    await this.#open;
    this.under += 1;
    await task().finally(() => {
      this.under -= 1;
    });
  }
}

/** A viewer of a live playlist without a player: it reloads it, gets what is newest, and is announced at the tracker that it names. */
export class ScriptedClient {
  /** @type {WebSocket | undefined} */
  #socket;
  #left = false;
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @param {string} url of the playlist @param {Loads} loads @param {Turnstile} turnstile */
  constructor(url, loads, turnstile) {
    this.url = url;
    this.loads = loads;
    this.turnstile = turnstile;
  }

  /** Ends the connection on which nothing is on its way. */
  rest() {
    for (const socket of Object.values(this.#agent.freeSockets).flat()) socket?.destroy();
  }

  async watch() {
    await sleep(RELOAD_MS * Math.random());
    while (!this.#left) {
      await this.turnstile.through(() => this.#load());
      await sleep(RELOAD_MS);
    }
  }

  leave() {
    this.#left = true;
    this.#socket?.close();
    this.#agent.destroy();
  }

  async #load() {
    if (this.#left) return;
    const text = (await this.#get(this.url))?.toString();
    if (text === undefined) return;
    const [, stream, tracker = ''] = /[?&]stream=([0-9a-f]{40})(?:&tr=([^&\s]+))?/.exec(text) ?? [];
    if (stream !== undefined && !this.#socket) this.#announce(stream, decodeURIComponent(tracker));
    const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const uri of uris.slice(-1)) await this.#get(new URL(uri, this.url).href);
  }

  /** @param {string} stream @param {string} named a tracker, or none */
  #announce(stream, named) {
    if (this.#left) return;
    const socket = new WebSocket(named || new URL('/announce', this.url.replace('http:', 'ws:')));
    const since = Date.now();
    this.#socket = socket;
    socket.on('error', ({ message }) => this.#note(message));
    const ids = {
      info_hash: Buffer.from(stream, 'hex').toString('latin1'),
      peer_id: randomBytes(20).toString('latin1'),
    };
    const announce = (/** @type {string | undefined} */ event) =>
      socket.send(JSON.stringify({ action: 'announce', numwant: 1, left: 1, ...ids, event, offers: [offer()] }));
    socket.on('open', () => announce('started'));
    const timer = setInterval(() => socket.readyState === WebSocket.OPEN && announce(undefined), ANNOUNCE_MS);
    socket.on('close', (code) => {
      clearInterval(timer);
      if (this.#left) return;
      this.#socket = undefined;
      this.loads.unannounced += 1;
      this.#note(`the tracker, after ${((Date.now() - since) / 1000).toFixed(0)} s: ${code}`);
    });
  }

  /** What is there; undefined where it is not to be had, which is counted. @param {string} url @returns {Promise<Buffer | undefined>} */
  async #get(url) {
    const { loads } = this;
    for (;;) {
      const { status, bytes, error, reused } = await this.#ask(url);
      if (this.#left) return undefined;
      if (bytes && status === 200) loads.whole += 1;
      else if (bytes) loads.refused += 1;
      else if (error === 'patience') loads.gaveUp += 1;
      else if (reused) loads.again += 1;
      else loads.cut += 1;
      if (!bytes && error !== 'patience' && reused) continue;
      if (bytes ? status !== 200 : error !== 'patience') this.#note(`${url}: ${bytes ? status : error}`);
      return status === 200 ? bytes : undefined;
    }
  }

  /** @param {string} example */
  #note(example) {
    const { examples } = this.loads;
    if (examples.length < 5 && !this.#left) examples.push(example);
  }

  /** @param {string} url @returns {Promise<{ status?: number | undefined, bytes?: Buffer, error?: string, reused?: boolean }>} */
  #ask(url) {
    return new Promise((resolve) => {
      const request = get(url, { agent: this.#agent, timeout: PATIENCE_MS }, (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', ({ message }) => resolve({ error: message }));
        response.on('end', () => resolve({ status: response.statusCode, bytes: Buffer.concat(chunks) }));
      });
      request.on('timeout', () => {
        resolve({ error: 'patience' });
        request.destroy();
      });
      request.on('error', ({ message }) => resolve({ error: message, reused: request.reusedSocket }));
    });
  }
}

const offer = () => ({
  offer: { type: 'offer', sdp: 'v=0\r\n'.padEnd(900, 'a=x\r\n') },
  offer_id: randomBytes(20).toString('latin1'),
});
