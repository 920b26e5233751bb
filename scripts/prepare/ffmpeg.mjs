// @ts-check
import { spawnSync } from 'node:child_process';
import { canInstallPackages, installPackage } from './debian.mjs';

const runs = () => spawnSync('ffmpeg', ['-version']).status === 0;

/** Finds ffmpeg, or installs it. @returns {Promise<boolean>} whether it is there now */
export async function ensureFfmpeg() {
  if (runs()) return true;
  if (!canInstallPackages()) return false;
  await installPackage('ffmpeg');
  return runs();
}
