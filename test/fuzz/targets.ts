import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../packages/cli/src/errors.js';
import { initLength, isEncrypted } from '../../packages/cli/src/folder/boxes.js';
import { containerOf, whyNoSegment } from '../../packages/cli/src/folder/container.js';
import { readListedSegments } from '../../packages/cli/src/folder/listed-segments.js';
import { readMedia } from '../../packages/cli/src/folder/media.js';
import { packedAudioStart } from '../../packages/cli/src/folder/packed-audio.js';
import { cueTime } from '../../packages/cli/src/folder/webvtt.js';
import { authorityOf } from '../../packages/cli/src/http/authority.js';
import { privately } from '../../packages/cli/src/http/cache-control.js';
import { hostPort } from '../../packages/cli/src/http/host-port.js';
import { parseRequestHeader } from '../../packages/cli/src/http/request-header.js';
import { parseMagnetizeOptions } from '../../packages/cli/src/magnetize/magnetize-options.js';
import { parseOptions } from '../../packages/cli/src/options.js';
import { parseIceUrl } from '../../packages/cli/src/page/ice-url.js';
import { printable } from '../../packages/cli/src/printable.js';
import { redact } from '../../packages/cli/src/redact.js';
import { replaceUrls } from '../../packages/cli/src/upstream/playlist-uris.js';
import {
  annotatePlaylist,
  checkPlaylist,
  parseMagnet,
  readSegments,
  readStream,
  rewriteUris,
  stripPlaylist,
  withAnnounce,
} from '../../packages/manifest-magnetizer/src/index.js';
import { encodeInfo, parseInfo, readInfo } from '../../packages/manifest-magnetizer/src/info.js';
import { ControlError, decodeFrame, encodeFrame } from '../../packages/p2p-loader/src/mesh/control.js';
import { isPageMessage, isPageReply, isWorkerMessage, isWorkerReply } from '../../packages/sw-proxy/src/protocol.js';
import { parseAnnounce } from '../../packages/tracker/src/announce-message.js';

/** What takes bytes that somebody else has written, and what must hold whatever they are. */
export interface Target {
  /** Inputs to begin with: what is taken, and what was found to be taken wrongly. */
  readonly corpus: readonly Uint8Array[];
  /** Throws, or rejects, where something does not hold. */
  readonly check: (input: Uint8Array) => void | Promise<void>;
}

const root = join(import.meta.dirname, '../..');

/** Files of the fixtures that are checked in, and of the folder of the target's findings. */
function corpusOf(name: string, ...folders: readonly string[]): Uint8Array[] {
  const found = join('test/fuzz/corpus', name);
  return [...folders, found].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(root, folder, entry.name))),
  );
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function same(a: Uint8Array | string, b: Uint8Array | string, what: string): void {
  if (Buffer.compare(Buffer.from(a), Buffer.from(b)) !== 0) throw new Error(what);
}

const MAGNET = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&xl=1`;
const BASE = 'http://h/a/b.m3u8?c=d';

function checkPlaylistInput(input: Uint8Array): void {
  const options = { stream: 'ab'.repeat(20), announce: ['ws://t/'], url: BASE };
  const annotated = annotatePlaylist(input, () => MAGNET, options);
  const stripped = stripPlaylist(input);
  same(stripPlaylist(annotated), stripped, 'annotating and stripping gives another playlist');
  same(stripPlaylist(stripped), stripped, 'stripping twice gives another playlist');
  same(
    withAnnounce(annotated, ['ws://u/']),
    annotatePlaylist(input, () => MAGNET, { ...options, announce: ['ws://u/'] }),
    'other trackers give another playlist',
  );
  same(stripPlaylist(rewriteUris(input, () => undefined)), stripped, 'rewriting nothing gives another playlist');
  readStream(input);
  checkPlaylist(input);
  const { segments } = readSegments(annotated, BASE);
  if (segments.some(({ url }) => url !== undefined && !URL.canParse(url))) throw new Error('a URL that is none');
  replaceUrls(input, BASE, undefined, (url) => {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Error(`a URL that is none: ${url}`);
    return undefined;
  });
  for (const { name } of readListedSegments(utf8(input), 'sub/')) {
    if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`a file out of the folder: ${name}`);
  }
}

function checkFrame(input: Uint8Array): void {
  try {
    const messages = decodeFrame(utf8(input));
    same(encodeFrame(decodeFrame(encodeFrame(messages))), encodeFrame(messages), 'a frame that is read otherwise');
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
  }
}

function checkInfo(input: Uint8Array): void {
  const info = parseInfo(input);
  if (info !== undefined) same(encodeInfo(info), input, 'an info dictionary in another form');
  const text = utf8(input);
  readInfo(text, 'ab'.repeat(20), 5);
  parseMagnet(text);
}

function checkProtocol(input: Uint8Array): void {
  let message: unknown = utf8(input);
  try {
    message = JSON.parse(utf8(input));
  } catch {
    // A text is a message, too.
  }
  for (const isMessage of [isPageMessage, isPageReply, isWorkerMessage, isWorkerReply]) {
    if (typeof isMessage(message) !== 'boolean') throw new Error('neither taken nor refused');
  }
}

async function checkMedia(input: Uint8Array): Promise<void> {
  const container = containerOf(input);
  whyNoSegment(input, 'x');
  initLength(input);
  isEncrypted(input);
  packedAudioStart(input);
  cueTime(input);
  if (container === undefined || container === 'vtt') return;
  const read = await readMedia(input).catch((error: unknown) => {
    if (!(error instanceof Error)) throw new Error('no error');
    return undefined;
  });
  if (read !== undefined && !(read.end >= read.start)) throw new Error('a segment that ends before it begins');
}

function checkOptions(input: Uint8Array): void {
  const argv = utf8(input).split(/[\n\0]/);
  for (const parse of [parseOptions, parseMagnetizeOptions]) {
    try {
      parse(argv);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ACTIVE = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

function checkTexts(input: Uint8Array): void {
  const text = utf8(input);
  if (ACTIVE.test(printable(redact(text)))) throw new Error('a line that a terminal acts on');
  if (!URL.canParse(`http://${authorityOf(text, 'fallback')}/`)) throw new Error('an authority that is none');
  if (!privately(text).startsWith('private')) throw new Error('an answer that caches may share');
  hostPort(text);
  parseRequestHeader(text);
  parseIceUrl(text);
  if (parseAnnounce(text) !== undefined && !/^\{/.test(text.trim())) throw new Error('an announce that is none');
}

const media = ['ts', 'fmp4', 'aac', 'audio', 'dash', 'recorder'].map((name) => `packages/cli/test/fixtures/${name}`);

export const TARGETS: Readonly<Record<string, Target>> = {
  playlists: {
    corpus: corpusOf('playlists', 'packages/manifest-magnetizer/test/fixtures'),
    check: checkPlaylistInput,
  },
  'control-frames': { corpus: corpusOf('control-frames'), check: checkFrame },
  'info-dictionaries': { corpus: corpusOf('info-dictionaries'), check: checkInfo },
  'worker-messages': { corpus: corpusOf('worker-messages'), check: checkProtocol },
  media: { corpus: corpusOf('media', ...media), check: checkMedia },
  options: { corpus: corpusOf('options'), check: checkOptions },
  texts: { corpus: corpusOf('texts'), check: checkTexts },
};
