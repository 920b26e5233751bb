// @ts-check
import MagicString from 'magic-string';

/**
 * Names of classes' private members, for minified code: those of each class begin with `#a` again, the most used first. Minifiers number them
 * through all classes instead, and a bundle in which the same few come again and again is smaller when compressed.
 * @typedef {{ type: string, start: number, end: number, [key: string]: unknown }} AstNode ESTree's
 */

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** @type {(n: number) => string} */
const nameOf = (n) =>
  (n < LETTERS.length ? '' : nameOf(Math.floor(n / LETTERS.length) - 1)) + LETTERS[n % LETTERS.length];

/** @type {(value: unknown) => value is AstNode} */
const isNode = (value) => typeof (/** @type {Partial<AstNode> | null | undefined} */ (value)?.type) === 'string';

/** @type {(node: AstNode) => AstNode[]} */
const childrenOf = (node) => Object.values(node).flat().filter(isNode);

/** @type {(node: AstNode, found?: AstNode[]) => AstNode[]} */
function privateIdentifiers(node, found = []) {
  if (node.type === 'PrivateIdentifier') found.push(node);
  for (const child of childrenOf(node)) privateIdentifiers(child, found);
  return found;
}

/**
 * What a class calls its own, where the names of the classes around it are taken.
 * @param {AstNode} body
 * @param {ReadonlyMap<unknown, string>} outer
 */
function namesIn(body, outer) {
  const members = /** @type {AstNode[]} */ (body.body).map(({ key }) => key).filter(isNode);
  const own = new Set(members.filter(({ type }) => type === 'PrivateIdentifier').map(({ name }) => name));
  /** @type {Map<unknown, number>} */
  const uses = new Map();
  for (const { name } of privateIdentifiers(body)) if (own.has(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const sorted = [...uses.keys()].sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0));
  return new Map([...outer, ...sorted.map((name, index) => /** @type {const} */ ([name, nameOf(outer.size + index)]))]);
}

/**
 * @param {string} code
 * @param {AstNode} program its syntax tree
 */
export function shortPrivateNames(code, program) {
  const text = new MagicString(code);
  /** @type {(node: AstNode, names: ReadonlyMap<unknown, string>) => void} */
  const visit = (node, names) => {
    const inside = node.type === 'ClassBody' ? namesIn(node, names) : names;
    if (node.type === 'PrivateIdentifier') text.overwrite(node.start + 1, node.end, inside.get(node.name) ?? '');
    for (const child of childrenOf(node)) visit(child, inside);
  };
  visit(program, new Map());
  return text;
}

/**
 * For rollup, after the minifier.
 * @type {() => import('rollup').Plugin}
 */
export const privateNames = () => ({
  name: 'private-names',
  renderChunk(code) {
    const text = shortPrivateNames(code, /** @type {AstNode} */ (/** @type {unknown} */ (this.parse(code))));
    return { code: text.toString(), map: text.generateMap({ hires: 'boundary' }) };
  },
});
