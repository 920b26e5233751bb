/**
 * The decimal-integer (§4.2) that a value begins with, as players read it, modulo 2^52: beyond 2^53 a number could not be told from the next.
 * Undefined where there is none.
 */
export function decimal(value: string): number | undefined {
  const digits = /^\s*(\d{1,20})(?!\d)/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(BigInt.asUintN(52, BigInt(digits)));
}
