import { Entry } from '../entry/entry.js';
import { accounting } from '../figures/accounting.js';
import { Mesh } from '../mesh/mesh.js';
import { RangeHosts } from '../origin/origin-runs.js';
import { MAX_SLACK_MS } from '../schedule/demand.js';
import { HeldPlaylists } from '../schedule/held-playlists.js';
import { Lines } from '../schedule/lines.js';
import { meshEnvironment } from '../schedule/mesh-environment.js';
import { Needs } from '../schedule/needs.js';
import { Scheduler } from '../schedule/scheduler.js';
import { Sessions } from '../schedule/sessions.js';
import { LinkRate } from '../segment/link-rate.js';
import { Segment, type SegmentEnvironment, type SegmentEvents } from '../segment/segment.js';
import { SegmentLibrary } from '../segment/segment-library.js';
import { Waiters } from '../segment/waiters.js';
import { Ahead } from './ahead.js';
import type { EngineOptions } from './options.js';

type Knows<Name extends keyof EngineParts> = Pick<EngineParts, Name>;

/*
 * How each part is made, and whom it knows. None asks another before something happens, so they are made in any order: what follows
 * reads `parts` in functions and getters only, but for `link` and `waiters`, which know nobody.
 */

export const libraryOf = (parts: SegmentKnows, options: EngineOptions): SegmentLibrary =>
  new SegmentLibrary({
    maxBytes: options.maxCacheBytes,
    create: segmentsOf(parts, options),
    listedAt: ({ infoHash, sources }) => {
      for (const { url, range } of sources.values()) {
        const at = options.catalog.listedAt(infoHash, url, range);
        if (at !== undefined) return at;
      }
      return undefined;
    },
    inUse: (segment) => parts.needs.at(segment, options.environment.now()) !== undefined,
    onEvicted: ({ infoHash, complete }) => {
      parts.scheduler.forget(infoHash);
      parts.needs.forget(infoHash);
      if (complete) parts.mesh.broadcast({ t: 'lost', h: [infoHash] });
    },
  });

export const needsOf = (
  parts: Knows<'library' | 'waiters' | 'link' | 'mesh'>,
  { environment, playback, catalog }: EngineOptions,
): Needs<Segment> =>
  new Needs<Segment>({
    now: environment.now,
    playback,
    catalog,
    link: parts.link,
    awaited: parts.waiters.all,
    segment: (infoHash) => parts.library.get(infoHash),
    isHinted: (segment) => parts.library.isHinted(segment),
    links: () => parts.mesh.links,
  });

export const meshOf = (parts: Knows<'library' | 'scheduler' | 'held' | 'lines'>, options: EngineOptions): Mesh =>
  new Mesh({
    ...options,
    ...options.access,
    ...options.environment,
    held: () => (options.upload.open ? parts.library.held() : []),
    onLink: (link) => {
      options.onLink(link, 'open');
      parts.lines.opened(link);
      parts.scheduler.linksChanged();
    },
    onLinkClosed: (link) => {
      parts.scheduler.sessions.linkClosed(link);
      parts.scheduler.linksChanged(link);
      parts.held.look();
      options.onLink(link, 'closed');
    },
    onMessage: (link, message) => parts.scheduler.receive(link, message),
    onStream: (link, stream) => parts.scheduler.sessions.accept(link, stream),
    onWarning: (error) => options.onWarning({ error }),
  });

export const entryOf = (parts: Knows<'mesh'>, { peerId, playback, onWarning }: EngineOptions): Entry =>
  new Entry(
    peerId,
    playback,
    (swarm) => parts.mesh.join(swarm),
    (error) => onWarning({ error }),
  );

export const heldOf = (parts: Knows<'library' | 'needs' | 'mesh'>, { environment }: EngineOptions): HeldPlaylists =>
  new HeldPlaylists({
    now: environment.now,
    isHere: (infoHash) => parts.library.get(infoHash)?.complete ?? false,
    tellBy: (listed, playlist) => parts.needs.tellBy(listed, playlist),
    comes: (listed) => parts.mesh.links.size > 0 && parts.needs.asksLinks(listed),
  });

export const schedulerOf = (
  parts: Knows<'library' | 'needs' | 'ahead' | 'mesh' | 'lines'>,
  options: EngineOptions,
): Scheduler<Segment, Sessions> =>
  new Scheduler<Segment, Sessions>(
    {
      ...meshEnvironment(
        {
          get mesh() {
            return parts.mesh;
          },
          upload: options.upload,
        },
        options,
      ),
      segment: (infoHash) => parts.library.get(infoHash),
      dueAt: (segment, now) => parts.needs.at(segment, now),
      askAhead: (segment) => parts.needs.askAhead(segment),
      asksLinks: (segment) => parts.needs.asksLinks(segment),
      leavesToOthers: (segment) => parts.needs.leavesToOthers(segment),
      isNarrow: (segment) => parts.needs.isNarrow(segment),
      originMs: (segment) => parts.needs.originMs(segment),
      lag: ({ length }) => parts.lines.lag(length),
      isBeside: (link) => parts.lines.isBeside(link),
      maxSlack: (segment) =>
        parts.lines.lead(segment.length) *
        Math.min(parts.needs.maxSlack(segment), options.helper ? helperSlack(parts.mesh) : MAX_SLACK_MS),
      asksOrigin: (segment) => parts.needs.asksOrigin(segment),
      hinted: (infoHash, length, after) => parts.ahead.hinted(infoHash, length, after),
    },
    (sessions) => new Sessions(sessions),
  );

/** A helper has each segment before it is asked for it. Of several one goes first. */
const HELPERS_SLACK_MS = 1_000;
const helperSlack = ({ links }: Pick<Mesh, 'links'>): number =>
  [...links.values()].some(({ helper }) => helper) ? HELPERS_SLACK_MS : 0;

export const aheadOf = (parts: Knows<'library' | 'needs' | 'scheduler'>, { environment }: EngineOptions): Ahead =>
  new Ahead(parts, environment.now);

/** Whom segments know: what they have of the others, and whom they tell of what arrives. */
type SegmentKnows = Knows<
  'entry' | 'link' | 'needs' | 'scheduler' | 'waiters' | 'mesh' | 'ahead' | 'library' | 'held' | 'lines'
>;

/** Makes them. */
function segmentsOf(
  parts: SegmentKnows,
  { environment, counters, originRequest, upload, onWarning }: EngineOptions,
): (infoHash: string, length: number) => Segment {
  const surroundings: SegmentEnvironment = {
    ...environment,
    torrents: () => parts.entry.torrents,
    fetch: (input, init) => {
      counters.originRequests += 1;
      return environment.fetch(input, init);
    },
    originRequest,
    hosts: new RangeHosts(),
    upload,
    link: parts.link,
    isHelper: (id) => parts.mesh.isHelper(id),
    told: (duration) => parts.needs.told(duration),
    isNarrow: (length) => parts.needs.isNarrow({ length }),
  };
  const events: SegmentEvents = {
    ...accounting(counters, () => parts.mesh, environment.now),
    onProgress: (segment) => {
      parts.lines.tell(parts.link.shown);
      parts.scheduler.pieceArrived(segment);
      parts.waiters.progress(segment.infoHash);
    },
    onBlock: (segment, peerId, bytes) => parts.scheduler.blockArrived(segment, peerId, bytes),
    onComplete: (segment) => {
      parts.scheduler.completed(segment);
      if (segment.bytes) parts.waiters.resolve(segment.infoHash, segment.bytes);
      parts.entry.segmentHere();
      parts.ahead.completed(segment);
      parts.held.look();
      parts.library.evict(environment.now());
    },
    onOriginLeft: (segment) => parts.scheduler.consider(segment),
    onOriginFailed: (segment, error) => {
      onWarning({ error });
      parts.scheduler.originFailed(segment);
      parts.held.releaseAll();
      const refuse = (): void => parts.waiters.reject(segment.infoHash, error);
      const patience = parts.needs.patience(segment, environment.now());
      // What the player asks the network for then is that same origin.
      if (patience > 0) setTimeout(() => !segment.fetching && refuse(), patience);
      else refuse();
    },
  };
  return (infoHash, length) => new Segment(infoHash, length, surroundings, events);
}

/** The parts of a running engine, as they know each other. */
export class EngineParts {
  /** The player's requests for segments that are not here yet. */
  readonly waiters = new Waiters();
  /** What the viewer's link carries. */
  readonly link: LinkRate;
  /** What viewers tell each other of theirs. */
  readonly lines: Lines;
  /** The segments in memory. */
  readonly library: SegmentLibrary;
  /** When the player needs which. */
  readonly needs: Needs<Segment>;
  /** Which are taken up before it asks. */
  readonly ahead: Ahead;
  /** Who goes for one, and when. */
  readonly scheduler: Scheduler<Segment, Sessions>;
  /** The links to other viewers. */
  readonly mesh: Mesh;
  /** When those are sought. */
  readonly entry: Entry;
  /** Which reloads of playlists are kept from the player. */
  readonly held: HeldPlaylists;

  constructor(options: EngineOptions) {
    // Who plays the only rendition there is, chooses none by it.
    this.link = new LinkRate(() => (options.catalog.isLadder ? this.lines : undefined));
    this.lines = new Lines(() => this.mesh, options.environment.now);
    this.library = libraryOf(this, options);
    this.needs = needsOf(this, options);
    this.ahead = aheadOf(this, options);
    this.scheduler = schedulerOf(this, options);
    this.mesh = meshOf(this, options);
    this.entry = entryOf(this, options);
    this.held = heldOf(this, options);
  }
}
