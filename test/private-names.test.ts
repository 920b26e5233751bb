import fc from 'fast-check';
import { parseAst } from 'rollup/parseAst';
import { type AstNode, shortPrivateNames } from '../scripts/private-names.mjs';

const short = (code: string): string => shortPrivateNames(code, parseAst(code) as unknown as AstNode).toString();

describe('the private names of a bundle', () => {
  it('begin anew in each class, the most used first', () => {
    expect(short('class A { #one = 1; #two() { return this.#one + this.#one; } }; class B { #three; }')).toBe(
      'class A { #a = 1; #b() { return this.#a + this.#a; } }; class B { #a; }',
    );
  });

  it('are not those of the classes around, which are seen inside', () => {
    const code =
      'class A { #x = 1; make() { const a = this; return class { #y = 2; sum() { return a.#x + this.#y; } }; } }';
    const made = new (new Function(`return ${short(code)}`)())();
    expect(new (made.make())().sum()).toBe(3);
    expect(short(code)).toContain('a.#a + this.#b');
  });

  it('of a class inside hide those around that are called the same', () => {
    const code =
      'class A { #x = 1; get() { return this.#x; } make() { return class { #x = 2; get() { return this.#x; } }; } }';
    const made = new (new Function(`return ${short(code)}`)())();
    expect([made.get(), new (made.make())().get()]).toEqual([1, 2]);
  });

  it('are told from strings and asked for by `in`', () => {
    const code = 'class A { #brand; static is(it) { return #brand in it; } text = "#brand"; }';
    const made = new Function(`return ${short(code)}`)();
    expect([made.is(new made()), made.is({}), new made().text]).toEqual([true, false, '#brand']);
  });

  it('are as many as a class has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), (count) => {
        const names = Array.from({ length: count }, (_, n) => `member${n}`);
        const code = short(`class A { ${names.map((name) => `#${name} = 1;`).join(' ')} }`);
        expect(new Set(code.match(/#\w+/g)).size).toBe(count);
      }),
      { numRuns: 20 },
    );
  });
});
