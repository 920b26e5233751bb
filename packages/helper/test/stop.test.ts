import { createHelper } from '../src/index.js';

it('a helper that was told to stop ends, though the process that views dies without a word', async () => {
  // Beside the sources there is none that Node could run: it dies at once.
  const helper = createHelper({ url: 'http://127.0.0.1/live.m3u8' });
  helper.on('warning', () => {});
  await helper.stop();
  expect(helper.stats).toMatchObject({ state: 'ended', restarts: 0 });
});
