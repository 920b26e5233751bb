/** What measures instead of sharing. A bundle of its own, which the loader loads where a site asks for that: all others do without it. */
export { watchResources } from './shadow/resource-watch.js';
export { ShadowEngine } from './shadow/shadow-engine.js';
