import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.mjs';
import { chromiumCommandBy } from '../../../harness/chromium.mjs';
import { answerTo, nameIn } from './name-server.js';
import type { Apart } from './stage.js';

const NAME = 'origin.test';

/** Why there can be none here; undefined when there can. */
export function whyNoNamespace(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  try {
    run('ip', '-V');
    return undefined;
  } catch {
    return 'needs ip (package iproute2)';
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A network namespace with one line to this machine, and a server of names there. */
export class Namespace implements Apart {
  readonly host: string;
  readonly name = NAME;
  /** What its name leads to. Nothing: nobody answers. */
  addresses: readonly string[];
  /** What other names lead to. */
  readonly others = new Map<string, readonly string[]>();
  /** Questions that were asked. */
  asked = 0;
  readonly #id = `lt${process.pid}`;
  readonly #space = `${this.#id}-0`;
  readonly #subnet = `10.214.${process.pid % 250}`;
  readonly #etc = `/etc/netns/${this.#space}`;
  readonly #folders: string[] = [];
  #names: Socket | undefined;
  #station = 2;

  constructor() {
    this.host = `${this.#subnet}.1`;
    this.addresses = [this.host];
  }

  async open(): Promise<void> {
    mkdirSync(this.#etc, { recursive: true });
    writeFileSync(join(this.#etc, 'resolv.conf'), `nameserver ${this.host}\noptions timeout:1 attempts:1\n`);
    run('ip', 'netns', 'add', this.#space);
    run('ip', 'link', 'add', this.#id, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#space);
    run('ip', 'addr', 'add', `${this.host}/24`, 'dev', this.#id);
    run('ip', 'link', 'set', this.#id, 'up');
    this.#inside('link', 'set', 'lo', 'up');
    this.#inside('link', 'set', 'eth0', 'up');
    this.#settle();
    const names = createSocket('udp4');
    names.on('message', (question, { address, port }) => {
      this.asked += 1;
      const addresses = this.others.get(nameIn(question)) ?? this.addresses;
      if (addresses.length > 0) names.send(answerTo(question, addresses), port, address);
    });
    this.#names = names;
    await new Promise<void>((resolve) => names.bind(53, this.host, resolve));
  }

  /** No frame passes. */
  cut(): void {
    run('ip', 'link', 'set', this.#id, 'down');
  }

  mend(): void {
    run('ip', 'link', 'set', this.#id, 'up');
    this.#settle();
  }

  /** Another address, and not the one before. */
  move(): void {
    this.#inside('addr', 'flush', 'dev', 'eth0');
    this.#station += 1;
    this.#settle();
  }

  /** This machine has one more address there. */
  also(address: string): void {
    run('ip', 'addr', 'replace', `${address}/32`, 'dev', this.#id);
  }

  /** Where this machine reaches it. */
  get address(): string {
    return `${this.#subnet}.${this.#station}`;
  }

  /** What runs a command there. */
  command(...args: readonly string[]): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#space, ...args];
  }

  launch(origins: readonly string[]): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), 'live-torrent-apart-'));
    this.#folders.push(folder);
    const { executablePath, args } = chromiumCommandBy(this.command(), folder);
    const secure = `--unsafely-treat-insecure-origin-as-secure=${origins.join(',')}`;
    return launchBrowser({ executablePath, args: [...args, secure] });
  }

  close(): void {
    this.#names?.close();
    for (const undo of [() => run('ip', 'netns', 'del', this.#space), () => run('ip', 'link', 'del', this.#id)]) {
      try {
        undo();
      } catch {
        // It went with the other.
      }
    }
    for (const folder of [this.#etc, ...this.#folders]) rmSync(folder, { recursive: true, force: true });
  }

  #inside(...args: readonly string[]): void {
    run('ip', '-n', this.#space, ...args);
  }

  #settle(): void {
    this.#inside('addr', 'replace', `${this.#subnet}.${this.#station}/24`, 'dev', 'eth0');
    this.#inside('route', 'replace', 'default', 'via', this.host);
  }
}
