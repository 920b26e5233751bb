// @ts-check
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { NO_PAGES, pageOf, siteLink } from './pages.mjs';
import { sidebar } from './sidebar.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = {
  exists: (/** @type {string} */ path) => existsSync(join(root, path)),
  isFolder: (/** @type {string} */ path) => statSync(join(root, path)).isDirectory(),
};
/** What pages link to and is none: where it goes to in the site, and where it is. @type {Map<string, string>} */
const linked = new Map([['/favicon.svg', 'packages/cli/public/favicon.svg']]);
/** Where the demo page is to be had; else how to start one is said. */
const demo = process.env.DEMO_URL ?? '/#try-it-in-a-minute';

/** Links as they are on disk become the site's. @param {import('vitepress').MarkdownRenderer} markdown */
function siteLinks(markdown) {
  markdown.core.ruler.push('site-links', (state) => {
    const from = relative(root, state.env.realPath ?? state.env.path);
    // The bundler takes a name without a dot for a package's.
    for (const token of state.tokens)
      if (token.type === 'html_block')
        token.content = token.content.replace(/(\ssrc(?:set)?=")(?=\w[\w-]*[/.])/g, '$1./');
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const { href, file } = siteLink(token.attrGet('href') ?? '', from, files);
      token.attrSet('href', href);
      if (file === undefined) continue;
      if (!files.exists(file)) throw new Error(`${from} links to ${file}, which is not there`);
      linked.set(href, file);
      token.attrSet('target', '_self');
    }
  });
}

/** The site that `npm run docs:site` builds of this repository's Markdown. A link that leads nowhere fails the build. */
export default defineConfig({
  title: 'live-torrent',
  description: 'Viewers of an HLS stream carry it for each other',
  lang: 'en',
  // Every page stays where it is read on disk, and so do its links.
  srcDir: '..',
  srcExclude: NO_PAGES,
  rewrites: pageOf,
  cleanUrls: false,
  lastUpdated: false,
  // No service of others, no fonts of others: a build reads nothing but this repository.
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/favicon.svg' }]],
  markdown: {
    anchor: { slugify: slug },
    config: siteLinks,
  },
  themeConfig: {
    logo: '/favicon.svg',
    nav: [
      { text: 'Guides', link: '/guides' },
      { text: 'What will I save?', link: '/savings' },
      { text: 'Reference', link: '/reference/p2p-loader/' },
      { text: 'Demo', link: demo },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  ignoreDeadLinks: [/^https?:\/\/(127\.0\.0\.1|localhost)[:/]/],
  buildEnd({ outDir }) {
    for (const [href, file] of linked) {
      const to = join(outDir, href);
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(join(root, file), to);
    }
  },
});
