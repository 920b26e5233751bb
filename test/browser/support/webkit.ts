import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../../harness/poll.mjs';
import { freePort } from '../../../harness/serve.mjs';
import { findWebKitGtk } from '../../../scripts/find-browser.mjs';
import { describeWith } from './optional-browser.js';
import { probePlayback, probeSegments } from './probes.js';
import { WatchedPage } from './watched-page.js';

const hasXvfb = spawnSync('xvfb-run', ['--help']).status === 0;
const programs = hasXvfb ? findWebKitGtk() : undefined;
export const hasWebKit = programs !== undefined;

/** `describe` of tests that need WebKitGTK. */
export const describeWebKit = describeWith(
  programs,
  'no WebKitGTK (Debian, as root: apt-get install webkit2gtk-driver xvfb)',
);

/** Starts a program with a display of its own. */
function underXvfb(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn('xvfb-run', ['--auto-servernum', command, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
}

/** Ends the program, its display and everything that it started. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exited;
}

/** One viewer in WebKitGTK, driven by W3C WebDriver, which tells nothing of the console. */
export class WebKitViewer extends WatchedPage {
  private session = '';

  private constructor(
    private readonly driver: ChildProcess,
    private readonly base: string,
  ) {
    super();
  }

  static async open(url: string): Promise<WebKitViewer> {
    if (!programs) throw new Error('no WebKitGTK');
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    const viewer = new WebKitViewer(underXvfb(programs.driver, [`--port=${port}`]), base);
    try {
      await waitFor('WebKitWebDriver', () =>
        fetch(`${base}/status`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      const alwaysMatch = {
        pageLoadStrategy: 'eager',
        'webkitgtk:browserOptions': { binary: programs.browser, args: ['--automation'] },
      };
      const created = await viewer.command('/session', { capabilities: { alwaysMatch } });
      viewer.session = `/session/${(created as { sessionId: string }).sessionId}`;
      await viewer.command(`${viewer.session}/url`, { url });
      // WebDriver has no script that runs before the page's: what the page has made by now is shown to the probes.
      await viewer.run(
        `const { hls } = globalThis; (${probePlayback})(120); (${probeSegments})(); globalThis.hls = hls;
        if (document.querySelector('video').currentTime > 0) globalThis.__probes.firstPlaying = performance.now();`,
      );
    } catch (error) {
      await viewer.close();
      throw error;
    }
    return viewer;
  }

  /** The process that has started all others of this browser. */
  get pid(): number {
    return this.driver.pid ?? 0;
  }

  evaluate<T>(script: () => T | Promise<T>): Promise<T> {
    return this.run(`return (${script})();`) as Promise<T>;
  }

  async close(): Promise<void> {
    await end(this.driver);
  }

  /** Runs the body of an async function in the page. */
  private async run(body: string): Promise<unknown> {
    const script = `const done = arguments[0];
      (async () => { ${body} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = await this.command(`${this.session}/execute/async`, { script, args: [] });
    const { value, error } = answer as { readonly value?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  }

  private async command(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.base + path, { method: 'POST', body: JSON.stringify(body) });
    const { value } = (await response.json()) as { readonly value: unknown };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
    return value;
  }
}

/** A page in WebKitGTK's small browser as it is without a driver: WebKit keeps a driven page's console to itself. */
export class WebKitWindow {
  private output = '';

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
  ) {
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    browser.stdout?.on('data', collect);
    browser.stderr?.on('data', collect);
  }

  static open(url: string): WebKitWindow {
    if (!programs) throw new Error('no WebKitGTK');
    const profile = mkdtempSync(join(tmpdir(), 'live-torrent-webkit-'));
    const args = ['--enable-write-console-messages-to-stdout=true', url];
    const folders = { XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile };
    return new WebKitWindow(underXvfb(programs.browser, args, folders), profile);
  }

  /** Errors in the console so far, those of the network and of policies included. */
  get errors(): string[] {
    return this.output.split('\n').filter((line) => /\bCONSOLE (?:[A-Z]+ )*ERROR/.test(line));
  }

  async close(): Promise<void> {
    await end(this.browser);
    rmSync(this.profile, { recursive: true, force: true });
  }
}
