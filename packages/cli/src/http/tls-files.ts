import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { Failure, reasonOf, UsageError } from '../errors.js';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What `--tls-cert` and `--tls-key` name; undefined without both. @throws {UsageError} with one of them alone */
export function tlsFilesOf(cert: string | undefined, key: string | undefined): TlsFiles | undefined {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key go together');
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/** @throws {Failure} naming the file that cannot be read, or both where they do not belong together */
export async function readTls(files: TlsFiles): Promise<{ cert: Buffer; key: Buffer }> {
  const tls = { cert: await readPem('--tls-cert', files.cert), key: await readPem('--tls-key', files.key) };
  try {
    createSecureContext(tls);
    return tls;
  } catch (error) {
    const named = `--tls-cert ${files.cert} and --tls-key ${files.key}`;
    throw new Failure(`${named} are no certificate and its key: ${reasonOf(error)}`, { cause: error });
  }
}

async function readPem(flag: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Failure(`${flag}: cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
