/** What sends a page's figures to its site. A bundle of its own, which the loader loads where a site asks for that: all others do without it. */
export { Reporter } from './report/reporter.js';
