/**
 * The page's options, from its address: `?worker=0` plays without the service worker, `?p2p=0` starts with P2P off.
 *
 * @param {string} search the query, with or without its question mark
 */
export function readOptions(search) {
  const query = new URLSearchParams(search);
  return { worker: query.get('worker') !== '0', p2p: query.get('p2p') !== '0' };
}
