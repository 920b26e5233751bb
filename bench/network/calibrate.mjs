// @ts-check
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TCP_PAYLOAD } from './bound.mjs';
import { createNetwork } from './namespaces.mjs';
import { LINES } from './profiles.mjs';

const probe = fileURLToPath(new URL('./probe.mjs', import.meta.url));

/**
 * What each line does, beside what it should.
 * @param {string[]} names
 * @returns {Promise<string>} a Markdown table
 */
export async function calibrate(names) {
  const rows = [];
  for (const name of names) {
    const line = /** @type {import('./profiles.mjs').Line} */ (LINES[name]);
    const network = await createNetwork([{ line, viewers: 1 }]);
    const server = spawn(process.execPath, [probe, 'serve', network.host], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [port] = await once(server.stdout, 'data');
      const { stdout } = await promisify(execFile)('ip', [
        ...['netns', 'exec', /** @type {string} */ (network.namespaces[0])],
        ...[process.execPath, probe, 'measure', network.host, String(port).trim()],
      ]);
      const { rtt, rttLow, rttHigh, lossBothWays, down, up } = JSON.parse(stdout);
      const beside = (/** @type {number} */ is, /** @type {number} */ should, digits = 1) =>
        `${is.toFixed(digits)} of ${should.toFixed(digits)}`;
      rows.push(
        `| ${[
          name,
          beside(rtt, line.rttMs),
          `${rttLow.toFixed(0)} – ${rttHigh.toFixed(0)}`,
          beside(100 * lossBothWays, 100 * (1 - (1 - line.loss) ** 2)),
          beside(down, line.down * TCP_PAYLOAD),
          beside(up, line.up * TCP_PAYLOAD),
        ].join(' | ')} |`,
      );
    } finally {
      server.kill();
      network.close();
    }
  }
  return [
    '| line | round trip, ms | 5 – 95 % of them | loss both ways, % | down, Mbit/s of payload | up |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}
