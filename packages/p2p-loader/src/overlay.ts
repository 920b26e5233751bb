import type { WarningDetail } from './figures/events.js';
import type { LoaderStats } from './figures/stats.js';
import { type Row, rowsOf } from './overlay/rows.js';

/** How often the figures are read, ms. */
const INTERVAL_MS = 1_000;

/** What the overlay needs of the loader. */
export interface OverlaySource extends EventTarget {
  readonly stats: LoaderStats;
}

/**
 * Shows what a loader does in a corner of the page, for debugging. It takes no clicks, needs no style sheet, and the
 * page's own styles do not reach it; a Content-Security-Policy without `unsafe-inline` allows it.
 *
 * @param parent what it is put into. Default: the body; give the element that goes full screen to see it there too
 * @returns takes it away again
 *
 * @example
 * if (new URLSearchParams(location.search).has('p2p-debug')) {
 *   const { showOverlay } = await import('@live-torrent/p2p-loader/overlay');
 *   showOverlay(loader);
 * }
 */
export function showOverlay(loader: OverlaySource, parent: Element = document.body): () => void {
  const host = document.createElement('div');
  Object.assign(host.style, {
    all: 'initial',
    position: 'fixed',
    insetBlockStart: '8px',
    insetInlineStart: '8px',
    zIndex: '2147483647',
    pointerEvents: 'none',
    contain: 'content',
  });
  const table = document.createElement('div');
  Object.assign(table.style, {
    display: 'grid',
    gridTemplateColumns: 'auto auto',
    gap: '2px 12px',
    padding: '8px 12px',
    borderRadius: '6px',
    color: '#fff',
    background: 'rgb(0 0 0 / 86%)',
    font: '12px/1.4 ui-monospace, Menlo, Consolas, monospace',
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'pre',
  });
  host.attachShadow({ mode: 'open' }).append(table);

  const cells: HTMLElement[] = [];
  let before = loader.stats;
  let at = performance.now();
  let warning: Row | undefined;
  const draw = (): void => {
    if (document.hidden) return;
    const { stats } = loader;
    const now = performance.now();
    const rows = rowsOf(stats, before, (now - at) / 1000);
    before = stats;
    at = now;
    const texts = (warning ? [...rows, warning] : rows).flatMap(({ label, value }) => [label, value]);
    for (const [i, text] of texts.entries()) {
      cells[i] ??= table.appendChild(newCell(i));
      // What stays is neither laid out nor painted again.
      if (cells[i].textContent !== text) cells[i].textContent = text;
    }
    for (const cell of cells.splice(texts.length)) cell.remove();
  };
  const warned = (event: Event): void => {
    const { error } = (event as CustomEvent<WarningDetail>).detail;
    warning = { label: 'last warning', value: error.message.slice(0, 80) };
  };
  loader.addEventListener('warning', warned);
  const timer = setInterval(draw, INTERVAL_MS);
  document.addEventListener('visibilitychange', draw);
  draw();
  parent.append(host);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', draw);
    loader.removeEventListener('warning', warned);
    host.remove();
  };
}

/** @param place among the cells: labels and values in turn */
function newCell(place: number): HTMLElement {
  const cell = document.createElement('span');
  if (place % 2 === 0) cell.style.opacity = '.7';
  return cell;
}
