import { originRows } from './rows/origin.js';
import { playRows } from './support/play-rows.js';

playRows('origin', originRows);
