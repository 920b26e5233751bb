import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';
import type { Source } from './packages.js';

/** One module that a source file names in an import, an export … from, a dynamic import or an import type. */
export interface Import {
  /** The importing file, relative to its package's folder. */
  readonly file: string;
  readonly specifier: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

const parsed = new WeakMap<Source, Import[]>();

/** Every module that the file names. */
export function importsOf(source: Source): Import[] {
  const { path, text } = source;
  const found = parsed.get(source) ?? [];
  if (parsed.has(source)) return found;
  parsed.set(source, found);
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ file: path, specifier: specifier.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022));
  return found;
}

/** Whether the specifier names a file of the same package. */
export const isRelative = (specifier: string): boolean => specifier.startsWith('.');

/** The package that a specifier names; `undefined` for relative ones and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (isRelative(specifier) || isBuiltin(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The path, relative to the package's folder, of what a relative import names. */
export const resolveRelative = ({ file, specifier }: Import): string =>
  posix.normalize(posix.join(posix.dirname(file), specifier)).replace(/\.js$/, '.ts');

/** Files of `sources` that executing `entry` executes, itself included. */
export function reachableFrom(entry: string, sources: readonly Source[]): Source[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<Source>();
  const follow = (path: string): void => {
    const source = byPath.get(path);
    if (!source || reached.has(source)) return;
    reached.add(source);
    for (const found of importsOf(source)) {
      if (isRelative(found.specifier) && !found.typeOnly) follow(resolveRelative(found));
    }
  };
  follow(entry);
  return [...reached];
}

/** Imports of each file that name another one of the same package, types too. */
const importedBy = (sources: readonly Source[]): Map<string, string[]> =>
  new Map(
    sources.map((source) => [
      source.path,
      importsOf(source)
        .filter(({ specifier }) => isRelative(specifier))
        .map(resolveRelative),
    ]),
  );

/** Files that lead back to themselves by what they import, and what stands between them; none where there is no circle. */
export function circlesIn(sources: readonly Source[]): string[] {
  const left = importedBy(sources);
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    const wanted = new Set([...left.values()].flat());
    for (const [path, imported] of left) {
      if (!wanted.has(path) || !imported.some((other) => left.has(other))) left.delete(path);
    }
  }
  return [...left.keys()];
}

/** The room that a file of a package's `src` stands in: the folder, or itself where it stands beside the folders. */
export const roomOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.ts$/, '');

/**
 * Imports that lead up, or to a room on the same floor.
 * @param floors rooms, from the ground up
 */
export function upwardImports(sources: readonly Source[], floors: readonly (readonly string[])[]): string[] {
  const floorOf = (path: string): number => floors.findIndex((rooms) => rooms.includes(roomOf(path)));
  return [...importedBy(sources)].flatMap(([path, imported]) =>
    imported
      .filter((other) => roomOf(other) !== roomOf(path) && floorOf(other) >= floorOf(path))
      .map((other) => `${path} imports ${other}`),
  );
}
