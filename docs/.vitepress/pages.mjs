// @ts-check
import { posix } from 'node:path';

/**
 * @typedef {object} Files what is known of the repository's files; paths are relative to its root
 * @property {(path: string) => boolean} exists
 * @property {(path: string) => boolean} isFolder
 */

/** Markdown that is no page of the site: what is built, installed, or made for reviews. */
export const NO_PAGES = ['**/node_modules/**', '**/{lib,dist,coverage}/**', '**/fixtures/**', '**/etc/**', '.*/**'];

/** Source text as browsers show it, whatever type its name has. @type {(path: string) => string} */
const shown = (path) => (/\.(svg|png|json)$/.test(path) ? path : `${path}.txt`);

/**
 * Where a Markdown file of the repository stands in the site: guides at the top, a README for its folder.
 * @param {string} path
 */
export function pageOf(path) {
  if (path === 'docs/README.md') return 'guides.md';
  return path.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md');
}

/**
 * What a relative link becomes in the site: a page, or a file that is shown beside the pages. A folder leads to its README, or to the next one above.
 * @param {string} link as it is written
 * @param {string} from the Markdown file that has it
 * @param {Files} files
 * @returns {{ href: string, file?: string }} file: to be copied to `href`
 */
export function siteLink(link, from, { exists, isFolder }) {
  if (link.startsWith('#') || /^[a-z][a-z+.-]*:/i.test(link)) return { href: link };
  const [path = '', fragment] = link.split('#', 2);
  let target = posix.join(posix.dirname(from), decodeURIComponent(path));
  // What is built is not there in a fresh clone.
  const built = /(^|\/)dist\//.test(target);
  if (built || (exists(target) && isFolder(target))) {
    let folder = built ? posix.dirname(target) : target;
    while (folder !== '.' && !exists(posix.join(folder, 'README.md'))) folder = posix.dirname(folder);
    target = posix.join(folder, 'README.md');
  }
  if (target.endsWith('.md')) return { href: `/${pageOf(target)}${fragment ? `#${fragment}` : ''}` };
  return { href: `/files/${shown(target)}`, file: target };
}
