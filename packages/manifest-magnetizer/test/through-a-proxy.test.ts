import fc from 'fast-check';
import { rewriteUris, type UriReference } from '../src/index.js';
import { checkCorpus, FIXTURES } from './corpus.js';
import { players } from './fetched-urls.js';
import { lenientPlaylist } from './lenient-grammar.js';

/**
 * Through a proxy: whatever URL a player would fetch after it has loaded a playlist, it would fetch the same one, by way of the proxy, after
 * it has loaded the rewritten playlist from there. PLAYLIST_CORPUS names a folder with more playlists to try.
 */
const UPSTREAM = 'https://origin.example/live/a,b/index.m3u8?token=1';
const PROXY = 'http://proxy.example/manifest.m3u8?token=1';

function throughProxy(playlist: Uint8Array): Uint8Array {
  const rewrite = ({ uri }: UriReference): string | undefined => {
    const url = URL.canParse(uri, UPSTREAM) ? new URL(uri, UPSTREAM) : undefined;
    return url?.protocol.startsWith('http') ? `/to/${encodeURIComponent(url.href)}` : undefined;
  };
  return rewriteUris(playlist, rewrite, { url: UPSTREAM });
}

/** What the proxy would fetch from the upstream for a URL. */
function upstreamOf(url: string): string {
  const { origin, pathname } = new URL(url);
  if (origin !== new URL(PROXY).origin) return url;
  if (url === PROXY) return UPSTREAM;
  return pathname.startsWith('/to/') ? decodeURIComponent(pathname.slice('/to/'.length)) : `nothing: ${url}`;
}

/** Normalized as fetch does, without the fragment, which no server sees. */
function asFetched(url: string): string {
  if (!URL.canParse(url)) return url;
  const { href } = new URL(url);
  return href.replace(/#.*$/s, '');
}

/** As players decode it, without a byte order mark. */
const decode = (playlist: Uint8Array): string => new TextDecoder().decode(playlist);

function* exceptions(playlist: Uint8Array): Generator<string> {
  const text = decode(playlist);
  const rewritten = decode(throughProxy(playlist));
  for (const [player, urlsOf] of Object.entries(players)) {
    const direct = urlsOf(text, UPSTREAM)?.map(asFetched);
    if (direct === undefined) continue;
    const proxied = (urlsOf(rewritten, PROXY) ?? []).map((url) => asFetched(upstreamOf(asFetched(url))));
    for (let i = 0; i < Math.max(direct.length, proxied.length); i++) {
      // What is no URL to hls.js (`15:00.ts`) it would ask of its own page, not of the upstream.
      const url = direct[i];
      if (url !== undefined && !URL.canParse(url)) continue;
      checked++;
      if (url !== proxied[i]) yield `${player}: ${url} became ${proxied[i]}`;
    }
  }
}
let checked = 0;

describe('through a proxy, a player is led to the same upstream URLs', () => {
  it('by the fixtures', () => {
    const { files, found } = checkCorpus(FIXTURES, exceptions);
    expect(found).toEqual([]);
    expect(files).toBeGreaterThan(20);
  });

  it('by whatever playlist', () => {
    fc.assert(
      fc.property(lenientPlaylist, (text) => {
        expect([...exceptions(Buffer.from(text))]).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  const corpus = process.env.PLAYLIST_CORPUS;
  (corpus ? it : it.skip)(
    'by the files of PLAYLIST_CORPUS',
    () => {
      checked = 0;
      const { files, variants, found } = checkCorpus(corpus as string, exceptions);
      process.stdout.write(
        `through a proxy: ${files} files, ${variants} variants, ${checked} URLs, ${found.length} exceptions\n`,
      );
      expect(found).toEqual([]);
    },
    600_000,
  );
});
