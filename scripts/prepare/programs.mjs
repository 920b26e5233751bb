// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallPackages, installPackages } from './debian.mjs';

/** nginx's module for RTMP, where Debian's package puts it. */
export const RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** @param {string} command @param {string} argument */
const runs = (command, argument) => spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;
/** For what does not run as root, not even for its version. @param {string} command */
const inPath = (command) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));

/**
 * Programs that tests want: whether they are here, and the packages of Debian that bring them.
 * @type {Readonly<Record<'ffmpeg' | 'nginx' | 'redis' | 'GStreamer' | 'VLC' | 'mpv', { found: () => boolean, packages: readonly string[] }>>}
 */
export const PROGRAMS = {
  ffmpeg: { found: () => runs('ffmpeg', '-version') && runs('ffprobe', '-version'), packages: ['ffmpeg'] },
  nginx: {
    found: () => runs('nginx', '-v') && existsSync(RTMP_MODULE),
    packages: ['nginx-light', 'libnginx-mod-rtmp'],
  },
  redis: { found: () => runs('redis-server', '--version'), packages: ['redis-server'] },
  GStreamer: {
    found: () =>
      ['hlssink2', 'hlsdemux', 'x264enc', 'avdec_h264', 'souphttpsrc'].every((name) => runs('gst-inspect-1.0', name)),
    packages: ['tools', 'plugins-base', 'plugins-good', 'plugins-bad', 'plugins-ugly', 'libav'].map(
      (part) => `gstreamer1.0-${part}`,
    ),
  },
  VLC: { found: () => inPath('vlc'), packages: ['vlc-bin', 'vlc-plugin-base'] },
  mpv: { found: () => runs('mpv', '--version'), packages: ['mpv'] },
};

/**
 * Installs what is missing of them, where that can be, and says what still is.
 * @param {readonly (keyof typeof PROGRAMS)[]} names
 */
export async function ensurePrograms(names) {
  for (const name of names) {
    const { found, packages } = PROGRAMS[name];
    if (found()) continue;
    if (canInstallPackages()) await installPackages(packages);
    if (found()) continue;
    const command = `apt-get install ${packages.join(' ')}`;
    console.log(`! ${name} is missing: tests that need it are skipped (Debian, as root: ${command})`);
  }
}
