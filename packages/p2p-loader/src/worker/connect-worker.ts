import { isWorkerMessage, post, type WorkerMessage } from '@live-torrent/sw-proxy/protocol';
import type { SegmentSource } from '../segment-source.js';
import {
  type Every,
  everyInterval,
  type WorkerContainer,
  type WorkerLike,
  type WorkerMessageEvent,
} from './container.js';
import { ContentTypes } from './content-types.js';
import { SegmentAnswer } from './segment-answer.js';
import { TableFeed } from './table-feed.js';

type SegmentMessage = Extract<WorkerMessage, { type: 'segment' }>;

/** Requests answered at a time; the worker takes any further one to the network. */
export const ANSWER_COUNT_LIMIT = 64;

export interface ConnectWorkerOptions {
  /** A name for this loader that no other loader of the page has. Default: random. */
  readonly name?: string;
  readonly every?: Every;
}

/** The connection between a loader and the service worker that controls its page. */
export interface WorkerConnection {
  /** Ends it: running requests go on from the network, and the worker forgets this loader's segments. */
  close(): void;
}

/**
 * Answers the service worker's requests with what `source` has, and tells it which URLs to ask for. Works with any worker
 * that takes control later; without one, and with one of another version, nothing happens.
 */
export function connectWorker(
  source: SegmentSource,
  container: WorkerContainer,
  { name = crypto.randomUUID(), every = everyInterval }: ConnectWorkerOptions = {},
): WorkerConnection {
  const feed = new TableFeed(name);
  const contentTypes = new ContentTypes();
  const answers = new Set<SegmentAnswer>();
  let updateDue = false;

  const sendWhole = (worker: WorkerLike | null): void => worker?.postMessage(feed.whole(source.segmentUrls()));

  const sendChange = (): void => {
    // Many changes of one moment make one message.
    if (updateDue) return;
    updateDue = true;
    queueMicrotask(() => {
      if (!updateDue) return;
      updateDue = false;
      const message = container.controller && feed.change(source.segmentUrls());
      if (message) container.controller?.postMessage(message);
    });
  };

  const onControllerChange = (): void => sendWhole(container.controller);

  const onMessage = ({ data, ports, source: worker }: WorkerMessageEvent): void => {
    if (!isWorkerMessage(data)) return;
    const sender = isWorker(worker) ? worker : container.controller;
    if (data.type === 'playlist') {
      source.playlist(data.url, data.text, data.requested);
      const { id } = data;
      const held = data.requested.includes('_HLS_') ? undefined : source.held();
      // After the message that its segments may have given rise to.
      queueMicrotask(() =>
        sender?.postMessage(post({ type: 'playlist-read', id, ...(held && { held: true as const }) })),
      );
      held?.then(() => sender?.postMessage(post({ type: 'playlist-due', id })));
    } else if (data.type === 'table-request') sendWhole(sender);
    else if (data.source === name && ports[0]) answer(data, ports[0]);
  };

  const answer = ({ url, range, blob, request }: SegmentMessage, port: MessagePort): void => {
    if (answers.size >= ANSWER_COUNT_LIMIT) {
      port.postMessage(post({ type: 'not-mine' }));
      port.close();
      return;
    }
    const onEnd = (ended: SegmentAnswer): void => void answers.delete(ended);
    const begun = new SegmentAnswer({ url, range, blob, request, port, source, contentTypes, every, onEnd });
    if (!begun.ended) answers.add(begun);
  };

  container.addEventListener('message', onMessage);
  container.addEventListener('controllerchange', onControllerChange);
  const unsubscribe = source.onSegmentUrlsChange(sendChange);
  // Messages to a page that only uses addEventListener wait until it has loaded, or says that it is ready.
  container.startMessages();
  sendWhole(container.controller);

  return {
    close() {
      container.removeEventListener('message', onMessage);
      container.removeEventListener('controllerchange', onControllerChange);
      unsubscribe();
      updateDue = false;
      for (const answer of answers) answer.stop();
      container.controller?.postMessage(post({ type: 'end', source: name }));
    },
  };
}

const isWorker = (source: object | null): source is WorkerLike => source !== null && 'postMessage' in source;
