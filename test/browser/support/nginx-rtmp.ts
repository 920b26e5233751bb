import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../../harness/poll.mjs';
import { freePort } from '../../../harness/serve.mjs';
import { RTMP_MODULE } from '../../../scripts/prepare/programs.mjs';
import { ENCODER_SECONDS } from './encoder.js';

/** nginx that takes streams by RTMP, writes them as HLS, and serves that, as its README has it. */
export class NginxRtmp {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Where streams are published: `<this><name>`. */
    readonly publish: string,
    /** Where the HLS folder is served, with a final slash. */
    readonly url: string,
  ) {}

  /** @param nested A folder for each stream (`hls_nested on`), with `index.m3u8`; else `<name>.m3u8` beside `<name>-<n>.ts`. */
  static async start(nested: boolean): Promise<NginxRtmp> {
    const folder = mkdtempSync(join(tmpdir(), 'live-torrent-nginx-'));
    mkdirSync(join(folder, 'hls'));
    const [rtmp, http] = [await freePort(), await freePort()];
    const conf = join(folder, 'nginx.conf');
    writeFileSync(conf, configuration(folder, rtmp, http, nested));
    const child = spawn('nginx', ['-p', folder, '-c', conf, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
    const nginx = new NginxRtmp(child, folder, `rtmp://127.0.0.1:${rtmp}/live/`, `http://127.0.0.1:${http}/`);
    await waitFor('nginx', () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`);
      return connects(http);
    });
    return nginx;
  }

  /** What it writes. */
  get hls(): string {
    return join(this.folder, 'hls');
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, rtmp: number, http: number, nested: boolean): string {
  // Workers of a master that is root are nobody, who cannot write here.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `load_module ${RTMP_MODULE};
${user} daemon off; worker_processes 1; pid ${folder}/nginx.pid;
events {}
rtmp { server { listen 127.0.0.1:${rtmp}; application live {
  live on; hls on; hls_path ${folder}/hls; hls_nested ${nested ? 'on' : 'off'};
  hls_fragment ${ENCODER_SECONDS}s; hls_playlist_length ${6 * ENCODER_SECONDS}s;
} } }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${http}; location / {
    root ${folder}/hls; add_header Cache-Control no-cache;
    types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  } }
}
`;
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
