import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { annotatePlaylist, type MediaSegment, stripPlaylist } from '../src/index.js';
import { hlsJsSegments, hlsParserSegments, m3u8ParserSegments } from './parsers.js';

/**
 * Every playlist, in four layouts: stripping gives back what came, annotating twice is annotating once, and three independent
 * parsers see the same segments before and after. PLAYLIST_CORPUS names a folder with more playlists to try.
 */
const LAYOUTS: Record<string, (text: string) => string> = {
  LF: (text) => text.replace(/\r\n/g, '\n'),
  CRLF: (text) => text.replace(/\r?\n/g, '\r\n'),
  BOM: (text) => `\u00ef\u00bb\u00bf${text}`,
  'no final newline': (text) => text.replace(/[\r\n]+$/, ''),
};
const options = { stream: 'a'.repeat(40), announce: ['wss://tracker.example/announce'] };
let magnets = 0;
const magnetOf = ({ mediaSequence }: MediaSegment): string => {
  magnets++;
  return `magnet:?xt=urn:btih:${'b'.repeat(40)}&xl=${1 + mediaSequence}`;
};
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function problems(source: Uint8Array): string[] {
  const found: string[] = [];
  const annotated = annotatePlaylist(source, magnetOf, options);
  const stripped = stripPlaylist(source);
  if (!Buffer.from(stripPlaylist(annotated)).equals(stripped)) found.push('strip');
  if (!utf8(source).includes('###') && !Buffer.from(stripped).equals(source))
    found.push('strip of a playlist without lines of ours');
  if (!Buffer.from(annotatePlaylist(annotated, magnetOf, options)).equals(annotated)) found.push('idempotence');
  for (const [name, parse] of Object.entries({ hlsJsSegments, hlsParserSegments, m3u8ParserSegments })) {
    if (parse(utf8(annotated)) !== parse(utf8(stripped))) found.push(name);
  }
  return found;
}

function check(folder: string): { files: number; variants: number; mismatches: string[] } {
  const mismatches: string[] = [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.m3u8?$/.test(file));
  for (const file of files) {
    const text = readFileSync(join(folder, file)).toString('latin1');
    for (const [layout, layOut] of Object.entries(LAYOUTS)) {
      for (const problem of problems(Buffer.from(layOut(text), 'latin1')))
        mismatches.push(`${file}, ${layout}: ${problem}`);
    }
  }
  return { files: files.length, variants: files.length * Object.keys(LAYOUTS).length, mismatches };
}

describe('the oracle', () => {
  it('has no mismatch on the fixtures', () => {
    const { files, mismatches } = check(join(import.meta.dirname, 'fixtures'));
    expect(mismatches).toEqual([]);
    expect(files).toBeGreaterThan(10);
    expect(magnets).toBeGreaterThan(files * 4);
  });

  const corpus = process.env.PLAYLIST_CORPUS;
  (corpus ? it : it.skip)(
    'has no mismatch on the files of PLAYLIST_CORPUS',
    () => {
      magnets = 0;
      const { files, variants, mismatches } = check(corpus as string);
      process.stdout.write(
        `oracle: ${files} files, ${variants} variants, ${magnets} magnets, ${mismatches.length} mismatches\n`,
      );
      expect(mismatches).toEqual([]);
    },
    600_000,
  );
});
