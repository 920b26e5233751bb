import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brokenLinks } from './support/markdown-links.js';

/** What is built, installed or not ours. */
const LEFT_OUT = /^(node_modules|dist|lib|coverage)$|^\./;

function markdownFiles(folder = ''): string[] {
  return readdirSync(folder || '.', { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.test(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return path.endsWith('.md') ? [path] : [];
  });
}

it.each(markdownFiles())('every link of %s leads to a file, and to a heading of it', (path) => {
  expect(brokenLinks(path, { exists: existsSync, read: (file) => readFileSync(file, 'utf8') })).toEqual([]);
});

describe('a link leads nowhere', () => {
  const files: Record<string, string> = {
    'a.md': '# One `two`\n\n## One\n\n<a id="three"></a>\n',
    'docs/b.md': '# B\n',
  };
  const broken = (text: string): string[] =>
    brokenLinks('docs/c.md', {
      exists: (path) => path === 'docs/c.md' || path in files,
      read: (path) => (path === 'docs/c.md' ? text : (files[path] ?? '')),
    });

  it('when its file is not there', () => {
    expect(broken('[a](../a.md) [b](b.md) [x](x.md) ![y](y.png)')).toEqual(['x.md', 'y.png']);
    expect(broken('<img src="x.png"> <source srcset="y.png">')).toEqual(['x.png', 'y.png']);
  });

  it('when its heading is not there', () => {
    expect(broken('[1](../a.md#one-two) [2](../a.md#one) [3](../a.md#three) [4](../a.md#four)')).toEqual([
      '../a.md#four',
    ]);
    expect(broken('# Here\n\n[h](#here) [t](#there)')).toEqual(['#there']);
  });

  it('not when it is a URL, or stands in code', () => {
    expect(broken('<https://example.org/x> [m](mailto:a@b.c) `[x](x.md)`\n\n    [x](x.md)\n')).toEqual([]);
  });
});

describe('an index names every page beside it', () => {
  it.each(['docs/README.md', 'docs/decisions/README.md'])('%s', (index) => {
    const text = readFileSync(index, 'utf8');
    const pages = readdirSync(dirname(index)).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(pages.filter((page) => !text.includes(`(${page})`))).toEqual([]);
  });
});
