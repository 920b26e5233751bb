const HEAD = 12;
/** A pointer to the name in the question, RFC 1035 §4.1.4. */
const SAME_NAME = [0xc0, HEAD];
const TYPE_A = 1;

/** The name that is asked for. */
export function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = HEAD, length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join('.').toLowerCase();
}

/** An answer to a question for a name's addresses (RFC 1035 §4.1): these, good for no time; none of another family. */
export function answerTo(question: Buffer, addresses: readonly string[]): Buffer {
  let end = HEAD;
  while (question[end] !== 0) end += (question[end] ?? 0) + 1;
  end += 5;
  const isA = question.readUInt16BE(end - 4) === TYPE_A;
  const given = isA ? addresses : [];
  const head = Buffer.from(question.subarray(0, HEAD));
  // A response, with recursion; one question, these answers, nothing else.
  head.writeUInt16BE(0x8180, 2);
  for (const [i, count] of [1, given.length, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * i);
  const records = given.map((address) =>
    Buffer.from([...SAME_NAME, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, question.subarray(HEAD, end), ...records]);
}
