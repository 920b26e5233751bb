export type { ClientLike, Environment, FetchEventLike, MessageEventLike } from './environment.js';
export type { SwProxyOptions } from './options.js';
export { createSwProxy, type SwProxy } from './proxy.js';
