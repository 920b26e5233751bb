import { describePlayer } from '../browser/support/player-tests.js';

/** ms; past the end of the feed's first loop, after which the timestamps begin anew. */
const duration = 28_000;

describePlayer('hls.js', { path: '/', duration });
describePlayer('hls.js without a service worker', { path: '/hls-js/', duration, worker: false });
describePlayer('Video.js', { path: '/video-js/', duration });
describePlayer('Shaka Player', { path: '/shaka/', duration });
describePlayer('Media Chrome with hls-video', { path: '/media-chrome/', duration });
