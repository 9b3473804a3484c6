/** Seeds of keys as they lie in files. */
import { readFileSync } from 'node:fs';
import { Secret } from '@nats-bridge/protocol';

/** Of a curve key or a user key; which one is not looked at. @throws TypeError that names the file, when it cannot be read */
export function readSeed(file: string): Secret<string> {
  try {
    return new Secret(readFileSync(file, 'utf8').trim());
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TypeError(`${file} cannot be read (${code}): give the file of a seed`, { cause });
  }
}
