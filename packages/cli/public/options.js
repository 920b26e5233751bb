/**
 * The page's options, from its address. `?worker=0` never uses the service worker, `?worker=1` waits for it on the first visit, too; else the first
 * visit plays without it, and the next ones through it. `?p2p=0` starts with P2P off.
 *
 * @param {string} search the query, with or without its question mark
 * @returns {{ worker: 'never' | 'awaited' | 'next visit', p2p: boolean }}
 */
export function readOptions(search) {
  const query = new URLSearchParams(search);
  const worker = { 0: 'never', 1: 'awaited' }[query.get('worker')] ?? 'next visit';
  return { worker, p2p: query.get('p2p') !== '0' };
}
