import { describePlayer } from './support/player-tests.js';

/** The other players are in `test/matrix/players.test.ts`. */
describePlayer('Video.js', { path: '/video-js/', duration: 24_000 });
