// @ts-check
/**
 * One end of a calibration: `serve HOST` answers, `measure HOST PORT` prints what it finds as JSON. Rates in Mbit/s of payload by TCP, round trips in ms
 * and loss by UDP.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const SECONDS = 4;
/** The first part of a transfer is slow start, s. */
const WARM_UP = 1.5;
const PINGS = 200;
const PING_EVERY_MS = 20;
const CHUNK = Buffer.alloc(64 * 1024);

const [role, host = '', port = '0'] = process.argv.slice(2);
if (role === 'serve') serve();
else await measure();

function serve() {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // The first byte says who sends: "d" this end, "u" the other.
    socket.once('data', (first) => {
      if (first[0] === 0x64) {
        const send = () => {
          while (!socket.destroyed && socket.write(CHUNK));
        };
        socket.on('drain', send);
        send();
      } else {
        let bytes = 0;
        let begun = 0;
        socket.on('data', (chunk) => {
          if (begun === 0) begun = performance.now();
          if (performance.now() - begun > WARM_UP * 1000) bytes += chunk.length;
        });
        setTimeout(() => socket.end(`${(bytes * 8) / 1e6 / (SECONDS - WARM_UP)}`), SECONDS * 1000 + 50);
      }
    });
  });
  server.listen(0, host, () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const echo = createSocket('udp4');
    echo.on('message', (message, from) => echo.send(message, from.port, from.address));
    echo.bind(port, host, () => console.log(port));
  });
}

async function measure() {
  console.log(JSON.stringify({ ...(await pings()), down: await down(), up: await up() }));
}

async function pings() {
  const socket = createSocket('udp4');
  /** @type {number[]} */
  const trips = [];
  socket.on('message', (message) => trips.push(performance.now() - Number(message.toString())));
  for (let i = 0; i < PINGS; i++) {
    socket.send(String(performance.now()), Number(port), host);
    await sleep(PING_EVERY_MS);
  }
  await sleep(500);
  socket.close();
  trips.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => trips[Math.floor(share * (trips.length - 1))];
  return { rtt: at(0.5), rttLow: at(0.05), rttHigh: at(0.95), lossBothWays: 1 - trips.length / PINGS };
}

function down() {
  return new Promise((resolve) => {
    let bytes = 0;
    const socket = connect(Number(port), host, () => socket.write('d'));
    const begun = performance.now();
    socket.on('data', (chunk) => {
      if (performance.now() - begun > WARM_UP * 1000) bytes += chunk.length;
    });
    setTimeout(() => {
      socket.destroy();
      resolve((bytes * 8) / 1e6 / (SECONDS - WARM_UP));
    }, SECONDS * 1000);
  });
}

function up() {
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => {
      socket.write('u');
      setTimeout(send, 20);
    });
    const send = () => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('drain', send);
    socket.on('data', (text) => {
      resolve(Number(text.toString()));
      socket.destroy();
    });
    socket.on('error', () => resolve(Number.NaN));
  });
}
