import { nodeRows } from './rows/node.js';
import { playServerRows } from './support/server-row.js';

describe('a server that is stopped, or short of what it needs', () => playServerRows('node', nodeRows));
