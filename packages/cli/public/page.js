import Hls from '/hls.js';
import * as library from '/p2p-loader.js';
import { start } from './start.js';

start(Hls, library);
