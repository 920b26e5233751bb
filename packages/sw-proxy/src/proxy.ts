import { ClientTables, type NamedSegment } from './client-tables.js';
import {
  type ClientLike,
  type Environment,
  type FetchEventLike,
  type MessageEventLike,
  workerEnvironment,
} from './environment.js';
import { Network } from './network.js';
import { readOptions, type SwProxyOptions } from './options.js';
import { respondWithPlaylist } from './playlist.js';
import { isPageMessage, post, type WorkerMessage } from './protocol.js';
import { type RequestKind, requestKind } from './request-kind.js';
import { RollCall } from './roll-call.js';
import { pageResponse } from './segment.js';
import { UnreadPlaylists } from './unread-playlists.js';

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
  const network = new Network(environment);
  const unread = new UnreadPlaylists(environment.schedule);
  type SegmentRequest = Extract<RequestKind, { kind: 'segment' }>;

  async function respondWithSegment(event: FetchEventLike, segment: SegmentRequest, { source, url }: NamedSegment) {
    const { request, clientId } = event;
    const { range, byElement } = segment;
    const client = await environment.clients.get(clientId);
    if (!client) tables.drop(clientId);
    else {
      const response = await pageResponse({ request, client, environment, settings, source, url, range, byElement });
      if (response instanceof Response) return response;
      if (response === 'unanswered') {
        // One request has waited in vain, the next ones shall not; a page that was only busy answers this, and is back.
        tables.expectNothing(clientId);
        client.postMessage(post<WorkerMessage>({ type: 'table-request' }));
      }
    }
    return network.fetch(event);
  }

  /** For a URL in no table, when the table may not be what the page would say: answers when it is. */
  async function respondWhenNamed(event: FetchEventLike, segment: SegmentRequest) {
    const { clientId } = event;
    await (tables.knows(clientId) ? unread.settle(clientId) : rollCall.ask(clientId));
    const named = tables.find(clientId, segment.url);
    return named ? respondWithSegment(event, segment, named) : network.fetch(event);
  }

  async function forgetLostClients() {
    const clients = await environment.clients.matchAll({ includeUncontrolled: true, type: 'all' });
    tables.keepOnly(new Set(clients.map(({ id }) => id)));
  }

  return {
    handleFetch(event) {
      const { clientId } = event;
      // A page that is only now loading has nothing to tell yet; so a page without a loader is never asked, never held.
      if (event.request.mode === 'navigate' && event.resultingClientId) tables.expectNothing(event.resultingClientId);
      const request = requestKind(event, environment.origin, settings);
      if (!request) return undefined;
      if (request.kind === 'playlist') {
        const isWaitedFor = tables.namesSome(clientId);
        return respondWithPlaylist(environment, network, event, () => {
          const { id, given } = tables.hasLoader(clientId) ? unread.add(clientId) : { id: 0 };
          return { id, given: isWaitedFor ? given : undefined };
        });
      }
      const named = tables.find(clientId, request.url);
      if (named) return respondWithSegment(event, request, named);
      const mayBeNamed = !tables.knows(clientId) || unread.has(clientId);
      return request.mayWait && mayBeNamed ? respondWhenNamed(event, request) : undefined;
    },

    handleMessage(event) {
      const { data, source: client } = event;
      if (!isPageMessage(data) || !isClient(client)) return;
      switch (data.type) {
        case 'table':
          tables.replace(client.id, data.source, data.revision, data.urls);
          rollCall.answered(client.id);
          event.waitUntil(forgetLostClients());
          return;
        case 'table-update':
          if (tables.update(client.id, data.source, data.revision, data.added, data.removed)) return;
          client.postMessage(post<WorkerMessage>({ type: 'table-request' }));
          return;
        case 'playlist-read':
          unread.read(client.id, data.id, data.held);
          return;
        case 'playlist-due':
          unread.due(client.id, data.id);
          return;
        case 'end':
          tables.end(client.id, data.source);
      }
    },
  };
}

const isClient = (source: object | null): source is ClientLike => source !== null && 'id' in source;
