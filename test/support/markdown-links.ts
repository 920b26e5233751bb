import { posix } from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';

const markdown = new MarkdownIt({ html: true });

/** What is known of a repository's files. Paths are relative to its root. */
export interface Files {
  readonly exists: (path: string) => boolean;
  /** The text of a Markdown file. */
  readonly read: (path: string) => string;
}

const tokensOf = (text: string): Token[] =>
  markdown.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);

const attributesOf = (html: string, names: string): string[] =>
  [...html.matchAll(new RegExp(`\\s(?:${names})="([^"]*)"`, 'g'))].map(([, value = '']) => value);

/** Where a text's links and images lead, as written. */
function linksOf(text: string): string[] {
  return tokensOf(text).flatMap((token) => {
    if (token.type === 'link_open') return token.attrGet('href') ?? [];
    if (token.type === 'image') return token.attrGet('src') ?? [];
    return token.type.startsWith('html_') ? attributesOf(token.content, 'href|src|srcset') : [];
  });
}

/** The fragments that lead to a place of a text, as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  const slugger = new GithubSlugger();
  const tokens = markdown.parse(text, {});
  const headings = tokens.flatMap((token, i) =>
    token.type === 'heading_open'
      ? slugger.slug((tokens[i + 1]?.children ?? []).map(({ content }) => content).join(''))
      : [],
  );
  const named = tokensOf(text).flatMap(({ type, content }) =>
    type.startsWith('html_') ? attributesOf(content, 'id|name') : [],
  );
  return new Set([...headings, ...named]);
}

/**
 * The links of a Markdown file that lead nowhere: to a file that is not there, or to a heading that a Markdown file does not have. URLs with a
 * scheme are not looked at.
 * @param path of the file
 */
export function brokenLinks(path: string, { exists, read }: Files): string[] {
  return linksOf(read(path)).filter((link) => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return false;
    const [file = '', fragment] = link.split('#', 2).map(decodeURIComponent);
    const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
    if (!exists(target)) return true;
    return fragment !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).has(fragment);
  });
}
