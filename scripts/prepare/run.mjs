// @ts-check
import { spawn } from 'node:child_process';

/** A command that could not be started, ended with another code than 0, or was given up. */
export class CommandError extends Error {
  /**
   * @param {string} commandLine
   * @param {string} reason
   * @param {string} output what it printed
   */
  constructor(commandLine, reason, output) {
    const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm warn'));
    // The cause stands first where npm fails, last where a compiler or apt-get does.
    const telling = lines.length <= 30 ? lines : [...lines.slice(0, 10), '…', ...lines.slice(-20)];
    super([`${commandLine}: ${reason}`, ...telling].join('\n'));
    this.name = 'CommandError';
  }
}

/**
 * Runs a command without input and keeps what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.env] added to this process's environment
 * @param {number} [options.timeoutMs] the command is killed after this long; default 15 minutes
 * @param {{ within: number, pattern: RegExp }} [options.sign] the command is killed unless it prints this within so many ms
 * @returns {Promise<string>} what it printed; rejects with CommandError
 */
export function run(command, args, { cwd, env, timeoutMs = 15 * 60_000, sign } = {}) {
  const commandLine = [command, ...args].join(' ');
  return new Promise((resolve, reject) => {
    let output = '';
    let givenUp = '';
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    /** @param {string} reason */
    const giveUp = (reason) => {
      givenUp = reason;
      child.kill('SIGKILL');
    };
    const deadline = setTimeout(() => giveUp(`given up after ${timeoutMs / 1000} s`), timeoutMs);
    const signDeadline = sign && setTimeout(() => giveUp(`no progress within ${sign.within / 1000} s`), sign.within);
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output += chunk.toString();
      if (sign?.pattern.test(output)) clearTimeout(signDeadline);
    };
    /** @param {() => void} settle */
    const end = (settle) => {
      clearTimeout(deadline);
      clearTimeout(signDeadline);
      settle();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => end(() => reject(new CommandError(commandLine, error.message, output))));
    child.on('close', (code, signal) =>
      end(() => {
        if (code === 0) resolve(output);
        else reject(new CommandError(commandLine, givenUp || `ended with ${code ?? signal}`, output));
      }),
    );
  });
}
