import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openInside } from '../src/folder/inside-folder.js';
import { namesIn, PlayedFolder } from './support/played-folder.js';

const fixtures = fileURLToPath(new URL('./fixtures', import.meta.url));
let folder: PlayedFolder;
/** Beside the folder: what no link may show. */
let outside: string;
beforeEach(() => {
  folder = new PlayedFolder();
  outside = mkdtempSync(join(tmpdir(), 'live-torrent-outside-'));
  cpSync(join(fixtures, 'ts/part0.m2t'), join(outside, 'secret.ts'));
});
afterEach(async () => {
  await folder.stop();
  rmSync(outside, { recursive: true });
});

describe('a symbolic link in a folder', () => {
  it('that leads out of it is left out, and named', async () => {
    for (const i of [1, 2, 3]) folder.put(`ts/part${i}.m2t`, `part${i}.ts`);
    symlinkSync(join(outside, 'secret.ts'), join(folder.path, 'part4.ts'));
    symlinkSync('../../../../../../etc/passwd', join(folder.path, 'part5.ts'));
    symlinkSync('nowhere', join(folder.path, 'part6.ts'));
    symlinkSync(outside, join(folder.path, 'sub'));
    await folder.start('-l');
    expect(namesIn(await folder.until('/manifest.m3u8', (names) => names.length > 0))).toEqual(
      expect.not.arrayContaining(['part4.ts', 'part5.ts', 'part6.ts']),
    );
    for (const name of ['part4.ts', 'part5.ts', 'sub/secret.ts']) {
      expect((await folder.get(`/segments/${name}`)).status).toBe(404);
    }
    expect(folder.warnings.join('\n')).toMatch(/part4\.ts: left out: a link that leads out of the folder/);
  });

  it('that leads to another place in it is followed, and so is one that leads to the folder itself', async () => {
    mkdirSync(join(folder.path, '.store'));
    for (const i of [0, 1, 2]) {
      folder.put(`ts/part${i}.m2t`, `.store/${i}`);
      symlinkSync(`.store/${i}`, join(folder.path, `part${i}.ts`));
    }
    const real = `${folder.path}-real`;
    renameSync(folder.path, real);
    symlinkSync(real, folder.path);
    await folder.start('-l');
    const text = await folder.until('/manifest.m3u8', (names) => names.length > 0);
    expect(new Set(namesIn(text))).toEqual(new Set(['part0.ts', 'part1.ts', 'part2.ts']));
    rmSync(real, { recursive: true });
  });

  it('that takes the place of a file when that is opened is not followed', async () => {
    folder.put('ts/part0.m2t', 'part0.ts');
    expect(await openInside(folder.path, 'part0.ts').then((handle) => handle?.close())).toBeUndefined();
    unlinkSync(join(folder.path, 'part0.ts'));
    symlinkSync(join(outside, 'secret.ts'), join(folder.path, 'part0.ts'));
    expect(await openInside(folder.path, 'part0.ts')).toBeUndefined();
    for (const name of ['../outside', '.', 'none', '..', 'sub/../../x']) {
      expect(await openInside(folder.path, name)).toBeUndefined();
    }
  });

  it('that is a playlist elsewhere tells nothing of its files', async () => {
    folder.putAll('ts');
    symlinkSync('/etc/passwd', join(folder.path, 'index.m3u8'));
    await folder.start('-l');
    await folder.until('/manifest.m3u8', (names) => names.length > 0);
    expect(folder.warnings.join()).not.toContain('root');
  });
});

it('a pipe that nobody writes into holds nothing up, whatever it is called', async () => {
  folder.putAll('ts');
  for (const name of ['index.m3u8', 'part9.ts', 'init.mp4']) execFileSync('mkfifo', [join(folder.path, name)]);
  await folder.start('-l');
  expect(namesIn(await folder.until('/manifest.m3u8', (names) => names.length > 0))).not.toContain('part9.ts');
});
