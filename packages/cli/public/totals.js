import { formatBytes, formatCount } from './format.js';

const element = (id) => document.getElementById(id);

/** Writes the totals. */
export function showTotals({ peerBytes, helperBytes, originBytes, uploadedBytes }, stats) {
  const all = peerBytes + helperBytes + originBytes;
  const share = all === 0 ? undefined : peerBytes / all;
  write('share', share === undefined ? '–' : `${Math.round(share * 100)} %`);
  // Drawn anew only when it has moved by a pixel or so.
  const scale = `scaleX(${(share ?? 0).toFixed(2)})`;
  if (element('share-bar').style.transform !== scale) element('share-bar').style.transform = scale;
  element('share-bar').parentElement.toggleAttribute('data-empty', share === undefined);
  write('peer-bytes', formatBytes(peerBytes));
  write('helper-bytes', formatBytes(helperBytes));
  write('origin-bytes', formatBytes(originBytes));
  write('uploaded-bytes', formatBytes(uploadedBytes));
  const links = stats?.links ?? 0;
  write('viewers', String(Math.max(1, links + 1, stats?.swarmSize ?? 1)));
  write('links', formatCount(links, 'link'));
}

/** Sets the element's text, and leaves the page alone when it is the same. */
export function write(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}
