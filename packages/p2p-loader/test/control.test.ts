import fc from 'fast-check';
import {
  ControlError,
  type ControlMessage,
  decodeControl,
  encodeControl,
  MAX_CONTROL_LENGTH,
  MAX_HASHES,
} from '../src/mesh/control.js';

const H = 'ab'.repeat(20);
const hash = fc.stringMatching(/^[0-9a-f]{40}$/);
const hashes = fc.array(hash, { maxLength: 20 });
const count = fc.nat();
const info = fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/);

const messages: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record({ t: fc.constant('hello' as const), v: count, id: hash, n: count, have: hashes }),
  fc.record({
    t: fc.constant('hello' as const),
    v: count,
    id: hash,
    n: count,
    have: hashes,
    helper: fc.boolean(),
    group: hash,
  }),
  fc.record({ t: fc.constant('have' as const), h: hashes }),
  fc.record({ t: fc.constant('part' as const), h: hash }),
  fc.record({ t: fc.constant('lost' as const), h: hashes }),
  fc.record({ t: fc.constant('want' as const), h: hash, i: fc.boolean() }),
  fc.record({ t: fc.constant('want' as const), h: hash }),
  fc.record({ t: fc.constant('no' as const), h: hash }),
  fc.record({ t: fc.constant('info' as const), h: hash, i: info }),
  fc.record({ t: fc.constant('fetching' as const), h: hash, f: hash, a: count }),
  fc.record({ t: fc.constant('fetching' as const), h: hash, f: hash, a: count, w: count }),
  fc.record({ t: fc.constant('new' as const), h: hash, l: count, i: info, after: hash }),
  fc.record({ t: fc.constant('line' as const), r: count }),
  fc.constant({ t: 'bye' as const }),
);

describe('the control protocol', () => {
  it('reads what it writes', () => {
    fc.assert(fc.property(messages, (message) => expect(decodeControl(encodeControl(message))).toEqual(message)));
  });

  it('fits the longest hello of hashes in a frame', () => {
    const hello: ControlMessage = { t: 'hello', v: 1, id: H, n: 1, have: Array(MAX_HASHES).fill(H) };
    expect(decodeControl(encodeControl(hello))).toEqual(hello);
  });

  it('ignores unknown types and unknown fields', () => {
    expect(decodeControl('{"t":"later","x":1}')).toBeUndefined();
    expect(decodeControl('{"t":"toString"}')).toBeUndefined();
    expect(decodeControl('{"t":"__proto__"}')).toBeUndefined();
    expect(decodeControl(`{"t":"part","h":"${H}","later":1}`)).toMatchObject({ t: 'part', h: H });
  });

  it.each([
    ['no JSON', '{'],
    ['an empty frame', ''],
    ['no object', '1'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no type', '{}'],
    ['a type that is no string', '{"t":1}'],
    ['an infohash in upper case', `{"t":"part","h":"${H.toUpperCase()}"}`],
    ['a short infohash', '{"t":"part","h":"ab"}'],
    ['one infohash instead of a list', `{"t":"have","h":"${H}"}`],
    ['a group that is no id', `{"t":"hello","v":1,"id":"${H}","n":1,"have":[],"group":"office"}`],
    ['a helper that is none', `{"t":"hello","v":1,"id":"${H}","n":1,"have":[],"helper":1}`],
    ['a list with something else', `{"t":"have","h":["${H}",1]}`],
    ['too many infohashes', JSON.stringify({ t: 'have', h: Array(MAX_HASHES + 1).fill(H) })],
    ['a hello without version', `{"t":"hello","id":"${H}","n":1,"have":[]}`],
    ['a fetch that begins at no number', `{"t":"fetching","h":"${H}","f":"${H}","a":0,"w":"1"}`],
    ['a negative count', `{"t":"fetching","h":"${H}","f":"${H}","a":-1}`],
    ['a fraction', `{"t":"hello","v":1.5,"id":"${H}","n":1,"have":[]}`],
    ['a count beyond safe integers', `{"t":"new","h":"${H}","l":1e99,"i":"A","after":"${H}"}`],
    ['an info dictionary that is not base64url', `{"t":"info","h":"${H}","i":"a+b="}`],
    ['a flag that is no boolean', `{"t":"want","h":"${H}","i":1}`],
    ['a frame that is too long', `{"t":"later","x":"${'x'.repeat(MAX_CONTROL_LENGTH)}"}`],
  ])('throws ControlError for %s', (_name, frame) => {
    expect(() => decodeControl(frame)).toThrow(ControlError);
  });

  it('throws nothing but ControlError, whatever arrives', () => {
    const frames = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ t: 'have', h: value })),
    );
    fc.assert(
      fc.property(frames, (frame) => {
        try {
          decodeControl(frame);
        } catch (error) {
          expect(error).toBeInstanceOf(ControlError);
        }
      }),
    );
  });

  it('names the frame in its errors, cut short', () => {
    expect(() => decodeControl('nonsense')).toThrow(/not JSON: nonsense/);
    expect(() => decodeControl(`[${'"'.repeat(5_000)}`)).toThrow(/^.{0,130}$/);
  });
});
