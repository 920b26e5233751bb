import { ClientTables } from './client-tables.js';
import {
  type ClientLike,
  type Environment,
  type FetchEventLike,
  type MessageEventLike,
  workerEnvironment,
} from './environment.js';
import { readOptions, type SwProxyOptions } from './options.js';
import { deliverPlaylist } from './playlist.js';
import { isPageMessage, post, type WorkerMessage } from './protocol.js';
import { type RequestKind, requestKind } from './request-kind.js';
import { HOLD_LIMIT, RollCall } from './roll-call.js';
import { pageResponse } from './segment.js';

/** How long after a playlist its new segments may still be unknown here, ms. */
const NAMING_LIMIT = 250;

/** The proxy's two event handlers; installing them stays with the site's own worker. */
export interface SwProxy {
  /**
   * Decides at once: `undefined` for what is not the proxy's own, else the promise for `event.respondWith`.
   * @example self.addEventListener('fetch', (event) => {
   *   const response = proxy.handleFetch(event);
   *   if (response) event.respondWith(response);
   * });
   */
  handleFetch(event: FetchEventLike): Promise<Response> | undefined;
  /** Takes the loaders' messages, and leaves others alone. */
  handleMessage(event: MessageEventLike): void;
}

/**
 * Hands the Media Segment requests of pages with a loader to these pages, with a deadline, and tells them the playlists that
 * their players are given. Never calls skipWaiting, claim, unregister or reload.
 * @throws {TypeError} that names an option with a value of the wrong kind.
 */
export function createSwProxy(options: SwProxyOptions = {}, environment: Environment = workerEnvironment()): SwProxy {
  const settings = readOptions(options);
  const tables = new ClientTables();
  const rollCall = new RollCall(environment, tables);
  /** Playlists that clients with a loader were given, and whose new segments these have not named yet. */
  const unread = new Map<string, Promise<void>>();
  const wait = (ms: number) => new Promise<void>((resolve) => environment.schedule(resolve, ms));
  type SegmentRequest = Extract<RequestKind, { kind: 'segment' }>;

  async function respondWithSegment(event: FetchEventLike, { url, range }: SegmentRequest, source: string) {
    const { request, clientId } = event;
    const client = await environment.clients.get(clientId);
    if (!client) tables.drop(clientId);
    else {
      const response = await pageResponse({ request, client, environment, settings, source, url, range });
      if (response instanceof Response) return response;
      if (response === 'unanswered') {
        // One request has waited in vain, the next ones shall not; a page that was only busy answers this, and is back.
        tables.expectNothing(clientId);
        client.postMessage(post<WorkerMessage>({ type: 'table-request' }));
      }
    }
    return environment.fetch(request);
  }

  async function respondAfterRollCall(event: FetchEventLike, segment: SegmentRequest) {
    const { clientId } = event;
    const asked = (unread.get(clientId) ?? Promise.resolve()).then(() => rollCall.ask(clientId));
    await Promise.race([asked, wait(HOLD_LIMIT)]);
    const source = tables.find(clientId, segment.url);
    return source === undefined ? environment.fetch(event.request) : respondWithSegment(event, segment, source);
  }

  /** A player asks for a playlist's new segments as soon as it has it, which may be before its page has named them. */
  function respondWithPlaylist(event: FetchEventLike): Promise<Response> {
    const { clientId } = event;
    const { response, told } = deliverPlaylist(environment, event);
    if (tables.hasLoader(clientId)) {
      unread.set(clientId, told);
      const read = told.then(() => wait(NAMING_LIMIT));
      event.waitUntil(read.then(() => void (unread.get(clientId) === told && unread.delete(clientId))));
    }
    return response;
  }

  async function forgetLostClients() {
    const clients = await environment.clients.matchAll({ includeUncontrolled: true, type: 'all' });
    tables.keepOnly(new Set(clients.map(({ id }) => id)));
  }

  return {
    handleFetch(event) {
      // A page that is only now loading has nothing to tell yet; so a page without a loader is never asked, never held.
      if (event.request.mode === 'navigate' && event.resultingClientId) tables.expectNothing(event.resultingClientId);
      const request = requestKind(event, environment.origin, settings);
      if (!request) return undefined;
      if (request.kind === 'playlist') return respondWithPlaylist(event);
      const source = tables.find(event.clientId, request.url);
      if (source !== undefined) return respondWithSegment(event, request, source);
      const mayBeNew = !tables.knows(event.clientId) || unread.has(event.clientId);
      return request.mayWait && mayBeNew ? respondAfterRollCall(event, request) : undefined;
    },

    handleMessage(event) {
      const { data, source: client } = event;
      if (!isPageMessage(data) || !isClient(client)) return;
      unread.delete(client.id);
      if (data.type === 'table') {
        tables.replace(client.id, data.source, data.revision, data.urls);
        rollCall.answered(client.id);
        event.waitUntil(forgetLostClients());
      } else if (!tables.update(client.id, data.source, data.revision, data.added, data.removed)) {
        client.postMessage(post<WorkerMessage>({ type: 'table-request' }));
      }
    },
  };
}

const isClient = (source: object | null): source is ClientLike => source !== null && 'id' in source;
