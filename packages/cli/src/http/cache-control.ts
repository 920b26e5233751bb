/** Directives that let a shared cache keep an answer (RFC 9111 §5.2.2). */
const SHARED = /^(?:public|private|s-maxage|proxy-revalidate|must-understand)(?:$|=)/i;

/** Cache-Control of the same answer, for the cache of who asked alone. @param value undefined: nothing is said. */
export function privately(value: string | undefined): string {
  const directives = value?.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
  const kept = directives
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !SHARED.test(directive));
  return ['private', ...kept].join(', ');
}
