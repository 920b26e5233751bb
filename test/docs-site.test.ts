import { readdirSync } from 'node:fs';
import { pageOf, siteLink } from '../docs/.vitepress/pages.mjs';
import { sidebar } from '../docs/.vitepress/sidebar.mjs';

const folders = ['', 'docs', 'examples', 'examples/hls-js', 'packages/p2p-loader/src/hls'];
const readmes = ['README.md', 'docs/README.md', 'examples/README.md', 'packages/p2p-loader/README.md'];
const files = {
  exists: (path: string) => folders.includes(path) || readmes.includes(path) || path.endsWith('.mjs'),
  isFolder: (path: string) => folders.includes(path),
};
const href = (link: string, from: string): string => siteLink(link, from, files).href;

describe('a page of the site', () => {
  it.each([
    ['README.md', 'index.md'],
    ['docs/README.md', 'guides.md'],
    ['docs/savings.md', 'savings.md'],
    ['docs/decisions/README.md', 'decisions/index.md'],
    ['packages/cli/README.md', 'packages/cli/index.md'],
    ['ARCHITECTURE.md', 'ARCHITECTURE.md'],
  ])('%s is %s', (path, page) => {
    expect(pageOf(path)).toBe(page);
  });
});

describe('a link of the repository leads, in the site,', () => {
  it('to the page of the file that it names, and to its heading', () => {
    expect(href('../ARCHITECTURE.md#the-schedule', 'docs/faq.md')).toBe('/ARCHITECTURE.md#the-schedule');
    expect(href('../../bench/README.md', 'docs/decisions/README.md')).toBe('/bench/index.md');
    expect(href('docs/README.md', 'README.md')).toBe('/guides.md');
  });

  it('from a folder to its README, or to the next one above', () => {
    expect(href('../../examples', 'packages/cli/README.md')).toBe('/examples/index.md');
    expect(href('../examples/hls-js', 'docs/hls-js.md')).toBe('/examples/index.md');
    expect(href('../packages/p2p-loader/src/hls', 'docs/players.md')).toBe('/packages/p2p-loader/index.md');
  });

  it('from what is built to the README of its package', () => {
    expect(href('dist/index.js', 'packages/p2p-loader/README.md')).toBe('/packages/p2p-loader/index.md');
  });

  it('to a copy of any other file, as text where a browser would not show it', () => {
    expect(siteLink('express/server.mjs', 'examples/README.md', files)).toEqual({
      href: '/files/examples/express/server.mjs.txt',
      file: 'examples/express/server.mjs',
    });
    expect(href('results/soak.svg', 'bench/README.md')).toBe('/files/bench/results/soak.svg');
  });

  it('where it led before, by a URL or to a heading of its own page', () => {
    expect(href('https://example.org/a.md', 'README.md')).toBe('https://example.org/a.md');
    expect(href('#limits', 'README.md')).toBe('#limits');
  });
});

it('the sidebar names every guide, decision and package', () => {
  const listed = sidebar.flatMap(({ items }) => items.map(({ link }) => link));
  const of = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  const pages = [
    ...of('docs').map((name) => `/${name}`),
    ...of('docs/decisions').map((name) => `/decisions/${name}`),
    ...readdirSync('packages').map((name) => `/packages/${name}/`),
  ];
  expect(pages.map((page) => page.replace(/\.md$/, '')).filter((page) => !listed.includes(page))).toEqual([]);
});
