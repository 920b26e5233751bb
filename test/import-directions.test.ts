import { isBuiltin } from 'node:module';
import ts from 'typescript';
import {
  circlesIn,
  importsOf,
  isRelative,
  packageOf,
  reachableFrom,
  resolveRelative,
  roomOf,
  upwardImports,
} from './support/imports.js';
import { filesBelow, packages, root, sourcesOf } from './support/packages.js';

/** What each package may import of its siblings. */
const allowed: { readonly [folder: string]: RegExp } = {
  'manifest-magnetizer': /^$/,
  'sw-proxy': /^@live-torrent\/manifest-magnetizer$/,
  'p2p-loader': /^@live-torrent\/(sw-proxy\/protocol|manifest-magnetizer(\/(info|parts))?)$/,
  helper: /^@live-torrent\/(manifest-magnetizer|p2p-loader)$/,
  tracker: /^@live-torrent\/manifest-magnetizer$/,
  metrics: /^@live-torrent\/manifest-magnetizer$/,
  cli: /^@live-torrent\/(manifest-magnetizer(\/[a-z]+)?|helper|tracker|metrics)$/,
};

/** What runs anywhere, and so may reach no module of Node's. */
const portable: { readonly [folder: string]: readonly string[] } = {
  'manifest-magnetizer': ['src/index.ts', 'src/info.ts'],
  'sw-proxy': ['src/index.ts', 'src/protocol.ts'],
  'p2p-loader': ['src/index.ts'],
};

/**
 * The rooms of each package, from the ground up. A folder is a room, and so is a file beside the folders. Rooms on one floor know nothing of
 * each other.
 */
const floors: { readonly [folder: string]: readonly (readonly string[])[] } = {
  'manifest-magnetizer': [
    ['base64url', 'hex', 'redact-url'],
    ['sha1'],
    ['info'],
    ['magnet'],
    ['playlist', 'torrent'],
    ['magnetizer'],
    ['http'],
    ['node', 'index'],
  ],
  'p2p-loader': [
    ['vendor', 'options', 'segment-source', 'keep-newest'],
    ['figures'],
    ['manners', 'playlists'],
    ['mesh', 'origin'],
    ['segment'],
    ['schedule', 'swarm'],
    ['entry'],
    ['shadow', 'low-latency', 'report'],
    ['engine', 'hls', 'worker', 'overlay'],
    ['loader'],
    ['index'],
  ],
  helper: [
    ['vendor', 'options', 'stats'],
    ['messages', 'playlists'],
    ['helper', 'viewer'],
    ['index', 'viewing-process'],
  ],
  tracker: [
    ['vendor', 'announce-message', 'announce-tokens', 'connection', 'swarms'],
    ['connection-guard'],
    ['tracker'],
    ['index'],
  ],
  metrics: [['vendor', 'rate', 'report'], ['figures'], ['operator-figures'], ['metrics'], ['index']],
  cli: [
    [
      'vendor',
      'errors',
      'media-types',
      'open-browser',
      'printable',
      'redact',
      'source',
      'status-line',
      'usage',
      'version',
    ],
    ['figures', 'flags', 'http', 'terminal'],
    ['estimate', 'magnetize', 'page', 'tracker', 'upstream'],
    ['help'],
    ['commands'],
    ['folder'],
    ['film', 'options', 'server'],
    ['create-server'],
    ['main'],
    ['bin'],
  ],
};

const manifests = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));

describe.each(packages.map((entry) => [entry.folder, entry] as const))('%s', (folder, entry) => {
  const sources = sourcesOf(entry);
  const imports = sources.flatMap(importsOf);
  const { dependencies, devDependencies } = entry.manifest;
  const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));

  it('imports of its siblings only what the architecture allows', () => {
    const ours = imports.filter(({ specifier }) => specifier.startsWith('@live-torrent/'));
    expect(ours.filter(({ specifier }) => !allowed[folder]?.test(specifier))).toEqual([]);
  });

  it('imports of its siblings only what their exports name', () => {
    const deep = imports.filter(({ specifier }) => {
      const name = packageOf(specifier) ?? '';
      const manifest = manifests.get(name);
      return manifest && !manifest.exports?.[`.${specifier.slice(name.length)}`];
    });
    expect(deep).toEqual([]);
  });

  it('reaches no file outside its own folder by a relative path', () => {
    expect(imports.filter((found) => isRelative(found.specifier) && resolveRelative(found).startsWith('..'))).toEqual(
      [],
    );
  });

  it('declares each package that it imports', () => {
    const names = new Set(imports.map(({ specifier }) => packageOf(specifier)).filter((name) => name !== undefined));
    expect([...names].filter((name) => !declared.has(name))).toEqual([]);
  });

  it('imports each third-party package in one file', () => {
    const files = new Map<string, Set<string>>();
    for (const { file, specifier } of imports) {
      const name = packageOf(specifier);
      if (name === undefined || name.startsWith('@live-torrent/')) continue;
      files.set(name, (files.get(name) ?? new Set()).add(file));
    }
    const scattered = [...files].filter(([, where]) => where.size > 1).map(([name, where]) => [name, [...where]]);
    expect(scattered).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(circlesIn(sources)).toEqual([]);
  });

  const rooms = floors[folder];
  if (rooms) {
    it('has each of its rooms on a floor', () => {
      expect(rooms.flat().sort()).toEqual([...new Set(sources.map(({ path }) => roomOf(path)))].sort());
    });

    it('imports, types included, only of the same room and of floors below', () => {
      expect(upwardImports(sources, rooms)).toEqual([]);
    });
  }

  it('names modules of Node with their prefix', () => {
    expect(imports.filter(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith('node:'))).toEqual([]);
  });

  const entries = portable[folder] ?? [];
  if (entries.length === 0) return;
  it.each(entries)('runs anywhere: %s reaches no module of Node', (entryFile) => {
    const reached = reachableFrom(entryFile, sources);
    expect(reached.length).toBeGreaterThan(0);
    expect(reached.flatMap(importsOf).filter(({ specifier, typeOnly }) => !typeOnly && isBuiltin(specifier))).toEqual(
      [],
    );
  });
});

describe('what tests and the bench share', () => {
  const SCRIPT = /\.(?:ts|mjs)$/;
  const [harness = [], bench = [], test = []] = ['harness', 'bench', 'test'].map((folder) =>
    filesBelow(root, folder, SCRIPT),
  );
  /** Files of `sources` that import what `target` matches: a path from the root, or a package. */
  const importers = (sources: typeof harness, target: RegExp): string[] =>
    sources
      .flatMap(importsOf)
      .filter((found) => target.test(isRelative(found.specifier) ? resolveRelative(found) : found.specifier))
      .map(({ file }) => file);

  it('is in harness/, which knows of neither of them, nor of what is built but by its path', () => {
    expect(harness.length).toBeGreaterThan(8);
    expect(importers(harness, /^(?:bench|test|packages|@live-torrent)\//)).toEqual([]);
    expect(importers(bench, /^test\//)).toEqual([]);
    expect(importers(test, /^bench\//).filter((file) => !/^test\/(?:bench|simulate)\.test\.ts$/.test(file))).toEqual(
      [],
    );
  });

  it.each([
    ['finds a Chromium', /^scripts\/find-browser\.mjs$/, /^test\/browser\/support\/(?:webkit|firefox)\.ts$/],
    ['runs a tracker that is not ours', /^bittorrent-tracker/, /^$/],
  ])('%s in harness/ alone', (_, target, others) => {
    expect(importers([...bench, ...test], target).filter((file) => !others.test(file))).toEqual([]);
  });
});

it("sw-proxy's protocol, shared by page and worker, imports nothing", () => {
  const proxy = packages.find(({ folder }) => folder === 'sw-proxy');
  const protocol = proxy && sourcesOf(proxy).find(({ path }) => path === 'src/protocol.ts');
  expect(protocol && importsOf(protocol)).toEqual([]);
});

it('p2p-loader reaches RTCPeerConnection in one file only', () => {
  const loader = packages.find(({ folder }) => folder === 'p2p-loader');
  const files = (loader ? sourcesOf(loader) : []).filter(({ path, text }) => {
    let named = false;
    const visit = (node: ts.Node): void => {
      named ||= (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && node.text === 'RTCPeerConnection';
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022));
    return named;
  });
  expect(files.map(({ path }) => path)).toEqual(['src/mesh/peer-connection.ts']);
});
