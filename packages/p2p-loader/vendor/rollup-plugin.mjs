import { fileURLToPath } from 'node:url';

const stubs = fileURLToPath(new URL('./browser-stubs.js', import.meta.url));
const PREFIX = '\0browser-stub:';

/** Import → which export of browser-stubs.js stands for its default export. Named imports come through as they are. */
const ALIASES = new Map([
  ['debug', 'default'],
  ['webrtc-polyfill', 'nothing'],
  ['create-torrent', 'nothing'],
  ['chunk-store-iterator', 'nothing'],
  ['torrent-discovery', 'Discovery'],
  ['path', 'path'],
  ['fs', 'fs'],
  ['net', 'empty'],
  ['os', 'empty'],
  ['cpus', 'cpus'],
  ['cross-fetch-ponyfill', 'fetch'],
  ['speed-limiter', 'nothing'],
  ['bittorrent-dht', 'nothing'],
  ['load-ip-set', 'nothing'],
  ['@silentbot1/nat-api', 'nothing'],
  ['ut_pex', 'nothing'],
  ['ut_metadata', 'nothing'],
  ['lt_donthave', 'nothing'],
  ['fs-chunk-store', 'nothing'],
  ['join-async-iterator', 'nothing'],
  ['ws', 'nothing'],
  ['text-decoder', 'nothing'],
  ['cache-chunk-store', 'nothing'],
  ['./file.js', 'File'],
  ['magnet-uri', 'nothing'],
  ['memory-chunk-store', 'nothing'],
  ['./lib/conn-pool.js', 'empty'],
  ['./lib/server.js', 'nothing'],
  ['./utp.cjs', 'nothing'],
  ['./webconn.js', 'nothing'],
  ['./mse.js', 'nothing'],
  ['./lib/client/http-tracker.js', 'nothing'],
  ['./lib/client/udp-tracker.js', 'nothing'],
]);

const WEBTORRENT_PACKAGES =
  /node_modules\/(webtorrent|bittorrent-tracker|bittorrent-protocol|parse-torrent|@thaunknown\/[a-z-]+|speed-limiter|magnet-uri|torrent-piece|cache-chunk-store|bep53-range|streamx)\//;

/** Replacements in webtorrent's own text, once or `everywhere`. Each must be found, or the build fails: upstream has changed. */
const PATCHES = [
  {
    file: 'webtorrent/lib/torrent.js',
    // One coalesced task instead of an idle callback (up to 250 ms late) per block.
    from: "const IDLE_CALLBACK = typeof window !== 'undefined' && typeof window.requestIdleCallback === 'function' && window.requestIdleCallback",
    to: '',
  },
  {
    file: 'webtorrent/lib/torrent.js',
    from: 'if (IDLE_CALLBACK) {\n      IDLE_CALLBACK(() => this._updateWireWrapper(), { timeout: 250 })\n    } else {\n      this._updateWireWrapper()\n    }',
    to: 'if (this._updateScheduled) return\n    this._updateScheduled = true\n    queueMicrotask(() => {\n      this._updateScheduled = false\n      this._updateWireWrapper()\n    })',
  },
  {
    file: 'webtorrent/lib/peer.js',
    // Throttle groups are off, and bytes are counted by the loader: four Transforms a wire would only pass them on.
    from: `    pipeline(
      this.conn,
      this.throttleGroups.down.throttle(),
      new Transform({
        transform (chunk, callback) {
          self.emit('download', chunk.length)
          if (self.destroyed) return
          callback(null, chunk)
        }
      }),
      this.wire,
      this.throttleGroups.up.throttle(),
      new Transform({
        transform (chunk, callback) {
          self.emit('upload', chunk.length)
          if (self.destroyed) return
          callback(null, chunk)
        }
      }),
      this.conn
    )`,
    to: 'pipeline(this.conn, this.wire, this.conn)',
  },
  // A segment's info dictionary is known before anybody is asked, and what it lost is given up whole: no wire needs an extension (BEP 10).
  {
    file: 'webtorrent/lib/torrent.js',
    from: `    wire.use(utMetadata(this.metadata))

    wire.ut_metadata.on('warning', err => {
      this._debug('ut_metadata warning: %s', err.message)
    })

    if (!this.metadata) {
      wire.ut_metadata.on('metadata', metadata => {
        this._debug('got metadata via ut_metadata')
        this._onMetadata(metadata)
      })
      wire.ut_metadata.fetch()
    }
`,
    to: '',
  },
  { file: 'webtorrent/lib/torrent.js', from: 'wire.use(ltDontHave())', to: '' },
  {
    file: 'webtorrent/lib/torrent.js',
    from: `    wire.lt_donthave.on('donthave', () => {
      updateSeedStatus()
      this._update()
      this._updateWireInterest(wire)
    })
`,
    to: '',
  },
  { file: 'bittorrent-protocol/index.js', from: 'reserved[5] |= 0x10 // enable extended message', to: '' },
  {
    file: 'streamx/lib/errors.js',
    // One for all: streams end as often as segments, and each error would take down where it was made.
    from: "return new StreamError('Stream was destroyed', 'STREAM_DESTROYED', StreamError.STREAM_DESTROYED)",
    to: "return (StreamError.destroyed ??= new StreamError('Stream was destroyed', 'STREAM_DESTROYED', StreamError.STREAM_DESTROYED))",
  },
  {
    file: '@thaunknown/simple-websocket/index.js',
    // Looks whether a full socket has drained: a tracker's few messages never fill one, and each look wakes the page.
    from: 'this._interval = setInterval(() => this._onInterval(), 150)',
    to: 'this._interval = setInterval(() => this._onInterval(), 2000)',
  },
  {
    file: 'bittorrent-tracker/lib/client/websocket-tracker.js',
    // A socket for each client: two viewers of one stream in one page would answer each other's offers on a shared one.
    from: 'socketPool[this.announceUrl]',
    to: 'this.client.trackerSocket',
    everywhere: true,
  },
  {
    file: 'bittorrent-tracker/lib/client/websocket-tracker.js',
    // What a tracker sends is looked at first: `null` would throw, and a short interval would be an announce each millisecond.
    from: 'data = JSON.parse(arr2text(data))',
    to: 'data = this.client.readMessage(arr2text(data))',
  },
  {
    file: 'bittorrent-tracker/lib/client/websocket-tracker.js',
    from: "this.client.emit('warning', new Error('Invalid tracker response'))\n      return",
    to: 'return this._onSocketError(err)',
  },
  {
    file: 'bittorrent-tracker/lib/client/websocket-tracker.js',
    // Who announces decides when it is tried again: not here, after up to five minutes.
    from: 'this._startReconnectTimer()\n',
    to: "this.client.emit('lost')\n",
    everywhere: true,
  },
  {
    file: 'torrent-piece/index.js',
    // The largest block that a WebTorrent client answers: a request per piece up to 128 KiB, not per 16 KiB.
    from: 'const BLOCK_LENGTH = 1 << 14',
    to: 'const BLOCK_LENGTH = 1 << 17',
  },
  {
    file: 'torrent-piece/index.js',
    // Nothing to join: a copy of everything that arrives.
    from: 'const buffer = concat(this._buffer, this.length)',
    to: 'const buffer = this._chunks === 1 ? this._buffer[0] : concat(this._buffer, this.length)',
  },
  // Built-ins of 2025 (Uint8Array#toHex and friends) would put the browser floor there.
  {
    file: 'uint8-util/dist/src/browser.js',
    from: 'export const arr2hex = (data) => data.toHex();',
    to: "export const arr2hex = (data) => { let hex = ''; for (const byte of data) hex += encodeLookup[byte]; return hex; };",
  },
  {
    file: 'uint8-util/dist/src/browser.js',
    from: 'if (len > 64)\n        return Uint8Array.fromHex(str);',
    to: '',
  },
  {
    file: 'uint8-util/dist/src/browser.js',
    from: 'export const arr2base = (bytes) => bytes.toBase64();',
    to: 'export const arr2base = (bytes) => btoa(String.fromCharCode(...bytes));',
  },
  {
    file: 'uint8-util/dist/src/browser.js',
    from: 'export const base2arr = (str) => Uint8Array.fromBase64(str);',
    to: 'export const base2arr = (str) => Uint8Array.from(atob(str), (char) => char.charCodeAt(0));',
  },
];

/** Methods that no segment needs, and that answer what nobody says: their bodies go. Each must be found, or the build fails. */
const UNUSED = new Map([
  ['webtorrent/index.js', ['seed', 'createServer', 'throttleDownload', 'throttleUpload']],
  [
    'webtorrent/lib/torrent.js',
    ['_getMetadataFromServer', '_verifyPiecesUsingBitfield', 'getFileModtimes', 'rescanFiles', 'load'],
  ],
  ['bittorrent-protocol/index.js', ['extended', '_onExtended', '_sendExtendedHandshake']],
  ['streamx/index.js', ['_fromAsyncIterator', 'asyncIterator', 'setEncoding']],
  ['bittorrent-tracker/client.js', ['scrape']],
  ['bittorrent-tracker/lib/client/websocket-tracker.js', ['scrape', '_onScrapeResponse', '_startReconnectTimer']],
]);

/** `code` with empty bodies of the methods `names` of its classes, and the names that none has. */
function withoutBodies(code, names, program) {
  const missing = new Set(names);
  const classes = program.body
    .flatMap((node) => [node, node.declaration])
    .filter((node) => node?.type === 'ClassDeclaration');
  const bodies = classes
    .flatMap((node) => node.body.body)
    .filter((member) => member.type === 'MethodDefinition' && missing.delete(member.key.name))
    .map((member) => member.value.body);
  let out = code;
  for (const { start, end } of bodies.reverse()) out = `${out.slice(0, start)}{}${out.slice(end)}`;
  return { out, missing: [...missing] };
}

/** Makes webtorrent and bittorrent-tracker's client fit for a page: see ARCHITECTURE.md, "Builds". */
export function browserWebtorrent() {
  const patched = new Set();
  return {
    name: 'browser-webtorrent',
    resolveId(source, importer) {
      if (!importer || !WEBTORRENT_PACKAGES.test(importer)) return null;
      const bare = source.startsWith('node:') ? source.slice(5) : source;
      return ALIASES.has(bare) ? PREFIX + bare : null;
    },
    load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const name = ALIASES.get(id.slice(PREFIX.length));
      return `export * from ${JSON.stringify(stubs)};\nexport { ${name} as default } from ${JSON.stringify(stubs)};`;
    },
    transform(code, id) {
      let out = code;
      for (const patch of PATCHES) {
        if (!id.endsWith(patch.file)) continue;
        if (!out.includes(patch.from))
          this.error(`${patch.file} has changed upstream: "${patch.from.slice(0, 60)}…" is not there`);
        out = patch.everywhere ? out.replaceAll(patch.from, () => patch.to) : out.replace(patch.from, () => patch.to);
        patched.add(patch);
      }
      for (const [file, names] of UNUSED) {
        if (!id.endsWith(`node_modules/${file}`)) continue;
        const without = withoutBodies(out, names, this.parse(out));
        if (without.missing.length > 0) this.error(`${file} has changed upstream: no ${without.missing}`);
        out = without.out;
      }
      if (/node_modules/.test(id)) {
        out = out
          .replace(/\bprocess\.browser\b/g, 'true')
          .replace(/\bglobal\.WEBTORRENT_ANNOUNCE\b/g, 'undefined')
          .replace(/typeof process !== 'undefined' && !!process\.hrtime/g, 'false')
          .replace(/\bprocess\.nextTick\b/g, 'queueMicrotask');
      }
      return out === code ? null : { code: out, map: null };
    },
    buildEnd(error) {
      if (error) return;
      for (const patch of PATCHES) if (!patched.has(patch)) this.error(`${patch.file} was not patched`);
    },
  };
}
