// @ts-check
import { once } from 'node:events';
import { request as openRequest } from 'node:http';

/**
 * Passes a request on, and drops it when its own answer is over.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string | URL} target
 * @returns {Promise<import('node:http').IncomingMessage>} what was answered
 */
export async function forward(request, response, target) {
  const { host: _, connection: __, ...headers } = request.headers;
  const { method } = request;
  const passed = openRequest(target, { ...(method === undefined ? {} : { method }), headers });
  response.once('close', () => passed.destroy());
  passed.end();
  const [answer] = await once(passed, 'response');
  return answer;
}
