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

/** Every module that the file names. */
export function importsOf({ path, text }: Source): Import[] {
  const found: Import[] = [];
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
