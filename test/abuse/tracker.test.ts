import { trackerRows } from './rows/tracker.js';
import { playRows } from './support/play-rows.js';

playRows('tracker', trackerRows);
