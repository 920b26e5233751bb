import { hostileRows } from './rows/hostile.js';
import { playRows } from './support/play-rows.js';

playRows('hostile', hostileRows);
