import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { commandFor } from '../src/folder/container.js';
import { main } from '../src/main.js';
import { printable } from '../src/printable.js';
import { closeAll, media, outputOf, upstreamWith } from './support/handlers.js';

afterEach(closeAll);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ACTIVE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
/** Clears the screen, C0 and C1; writes to the clipboard; another line; text that runs backwards. */
const HOSTILE = '\x1b[2J\x9b2J\x1b]52;c;eA==\x07\rFAKE\u202egpj.exe\u2066';

describe('a line for people', () => {
  it('has nothing in it that a terminal acts on, whatever its text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = printable(text);
        return !ACTIVE.test(line) && !line.includes('\n');
      }),
    );
    expect(printable(HOSTILE)).not.toMatch(ACTIVE);
  });

  it('shows what was there, and leaves letters of all scripts', () => {
    expect(printable('a\x1b[2J\n\u009b\u202e')).toBe('a\\x1b[2J\\n\\x9b\\u202e');
    expect(printable('Größe 映画 👩‍🚀 שלום ~')).toBe('Größe 映画 👩‍🚀 שלום ~');
  });
});

it('a command that is to be copied is one argument, whatever the file’s name', () => {
  expect(commandFor('a/b.mp4')).toBe('live-torrent -f a/b.mp4');
  expect(commandFor("x'; rm -rf ~ #.mp4")).toBe("live-torrent -f 'x'\\''; rm -rf ~ #.mp4'");
});

describe('escape sequences', () => {
  it('of an upstream’s playlists, headers, statuses and redirects reach no terminal', async () => {
    const name = encodeURIComponent(HOSTILE);
    const upstream = await upstreamWith({
      '/live.m3u8': media(`#${HOSTILE}\n#EXTINF:2,${HOSTILE}\na.ts?${HOSTILE}=1\n#EXTINF:2,\n${name}.ts\n`),
      '/a.ts': (_, res) => void res.writeHead(302, { Location: 'x\x9b2J://y' }).end(),
    });
    const output = await outputOf(['-u', `${upstream.url}live.m3u8`, '-p', '0', '-v'], async (url) => {
      await (await fetch(`${url}manifest.m3u8`)).text();
      await (await fetch(`${url}r/${name}`)).text();
    });
    expect(output).toContain('#EXTINF:2,\\x1b[2J');
    expect(output).not.toMatch(ACTIVE);
  });

  it('of names of files and folders reach no terminal', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'live-torrent-'));
    const folder = join(parent, `a\x1b[2J\nlive-torrent: FAKE`);
    mkdirSync(folder);
    const file = join(folder, 'b\x1b]0;x\x07\nFAKE.ts');
    writeFileSync(file, 'no segment');
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(file, hourAgo, hourAgo);
    const output = await outputOf(['-f', folder, '-p', '0'], async () => {});
    expect(output).toContain('\\x1b]0;x\\x07\\nFAKE.ts: left out');
    expect(output).not.toMatch(ACTIVE);
    expect(output).not.toMatch(/^(?:live-torrent: )?FAKE/m);
    rmSync(parent, { recursive: true });
  });

  it.each([
    ['--\x1b[2J'],
    ['-u', 'http://\x1b[2J'],
    ['-f', 'none\x1b[2J\nFAKE'],
    ['magnetize', '\x1b[2J', '\x1b[2J'],
    ['estimate', '\x1b[2J'],
  ])('of the command line reach no terminal: %j', async (...argv) => {
    let output = '';
    const print = (text: string): void => {
      output += `${text}\n`;
    };
    await main(argv, { out: print, err: print, status: undefined, stopped: () => new Promise(() => {}) });
    expect(output).not.toMatch(ACTIVE);
    expect(output).not.toMatch(/^FAKE/m);
  });
});
