// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { pageOf } from './pages.mjs';

const root = new URL('../../', import.meta.url);

/** @param {string} path of a Markdown file, from the root @returns {string} its heading */
const headingOf = (path) =>
  /^# (.*)$/m.exec(readFileSync(new URL(path, root), 'utf8'))?.[1]?.replaceAll('`', '') ?? path;

/** @param {string} path @param {string} [text] default: the page's heading */
const page = (path, text = headingOf(path)) => ({ text, link: `/${pageOf(path).replace(/(index)?\.md$/, '')}` });

const decisions = readdirSync(new URL('docs/decisions/', root))
  .filter((name) => /^\d/.test(name))
  .sort()
  .map((name) => page(`docs/decisions/${name}`));

/** What stands beside each page. */
export const sidebar = [
  {
    text: 'Start',
    items: [
      page('README.md', 'What it is'),
      page('docs/README.md', 'All guides'),
      page('docs/savings.md'),
      page('docs/comparison.md', 'Beside p2p-media-loader'),
      page('docs/migration.md'),
      page('docs/faq.md'),
    ],
  },
  {
    text: 'Set it up',
    items: [
      page('docs/site.md'),
      page('docs/players.md'),
      page('docs/hls-js.md'),
      page('docs/origin.md'),
      page('docs/cli.md'),
      page('docs/production.md'),
      page('docs/metrics.md'),
      page('docs/scale.md'),
      page('examples/README.md', 'Examples'),
    ],
  },
  {
    text: 'Know it',
    items: [
      page('docs/privacy.md'),
      page('docs/browsers.md'),
      page('docs/limits.md'),
      page('docs/reliability.md'),
      page('docs/troubleshooting.md'),
      page('SECURITY.md'),
      page('CHANGELOG.md'),
    ],
  },
  {
    text: 'Packages',
    collapsed: true,
    items: readdirSync(new URL('packages/', root)).map((name) => page(`packages/${name}/README.md`, name)),
  },
  {
    text: 'Reference',
    collapsed: true,
    items: readdirSync(new URL('docs/reference/', root)).map((name) => page(`docs/reference/${name}/README.md`, name)),
  },
  {
    text: 'How it works',
    collapsed: true,
    items: [
      page('ARCHITECTURE.md'),
      page('bench/README.md'),
      page('bench/network/README.md'),
      page('bench/simulate/README.md'),
      page('CONTRIBUTING.md'),
    ],
  },
  {
    text: 'Decisions',
    collapsed: true,
    items: [page('docs/decisions/README.md', 'All'), ...decisions, page('docs/decisions/tried-without-help.md')],
  },
];
