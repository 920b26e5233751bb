import { spawn } from 'node:child_process';

/** The command that opens a URL on this platform; undefined where there is no desktop. */
export function openCommand(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] | undefined {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['explorer.exe'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}

/** Opens `url` in a desktop browser if there is one. The URL has been printed, so a failure is of no consequence. */
export function openBrowser(url: string): void {
  const [command, ...args] = openCommand(process.platform, process.env) ?? [];
  if (command === undefined) return;
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
