import { annotatePlaylist, type MediaSegment, stripPlaylist } from '../src/index.js';
import { checkCorpus, FIXTURES } from './corpus.js';
import { hlsJsSegments, hlsParserSegments, m3u8ParserSegments } from './parsers.js';

/**
 * Every playlist, in four layouts: stripping gives back what came, annotating twice is annotating once, and three independent
 * parsers see the same segments before and after. PLAYLIST_CORPUS names a folder with more playlists to try.
 */
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

describe('the oracle', () => {
  it('has no mismatch on the fixtures', () => {
    const { files, found } = checkCorpus(FIXTURES, problems);
    expect(found).toEqual([]);
    expect(files).toBeGreaterThan(10);
    expect(magnets).toBeGreaterThan(files * 4);
  });

  const corpus = process.env.PLAYLIST_CORPUS;
  (corpus ? it : it.skip)(
    'has no mismatch on the files of PLAYLIST_CORPUS',
    () => {
      magnets = 0;
      const { files, variants, found } = checkCorpus(corpus as string, problems);
      process.stdout.write(
        `oracle: ${files} files, ${variants} variants, ${magnets} magnets, ${found.length} mismatches\n`,
      );
      expect(found).toEqual([]);
    },
    600_000,
  );
});
