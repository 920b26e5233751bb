import { spawnSync } from 'node:child_process';
import { redisRows } from './rows/redis.js';
import { playServerRows } from './support/server-row.js';

const present = spawnSync('redis-server', ['--version']).status === 0;

(present ? describe : describe.skip)('a shared cache that fails', () => playServerRows('redis', redisRows));
