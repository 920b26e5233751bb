/**
 * Four projects: `node` (unit and property tests of every package), `browser` (real browsers, real media), and two that `npm test` leaves
 * out for their length: `matrix` (every player, browser, kind of feed and fault of a worker) and `abuse` (faults and attacks while people watch).
 */
const transform = {
  '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '<rootDir>/tsconfig.test.json', diagnostics: false }],
};
const moduleNameMapper = {
  '^@live-torrent/manifest-magnetizer$': '<rootDir>/packages/manifest-magnetizer/src/index.ts',
  '^@live-torrent/manifest-magnetizer/(info|torrent)$': '<rootDir>/packages/manifest-magnetizer/src/$1.ts',
  '^@live-torrent/manifest-magnetizer/node$': '<rootDir>/packages/manifest-magnetizer/src/node/index.ts',
  '^@live-torrent/sw-proxy$': '<rootDir>/packages/sw-proxy/src/index.ts',
  '^@live-torrent/sw-proxy/protocol$': '<rootDir>/packages/sw-proxy/src/protocol.ts',
  '^@live-torrent/(tracker|metrics)$': '<rootDir>/packages/$1/src/index.ts',
  '^(\\.{1,2}/.*)\\.js$': '$1',
};
const shared = { rootDir: import.meta.dirname, extensionsToTreatAsEsm: ['.ts'], transform, moduleNameMapper };

export default {
  // A busy machine is slow, not wrong, ms.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'node',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/packages/*/test/**/*.test.ts', '<rootDir>/test/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'browser',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'matrix',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/matrix/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'abuse',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/abuse/**/*.test.ts'],
    },
  ],
};
