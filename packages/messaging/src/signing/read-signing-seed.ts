/** Seeds of user keys as they lie in files, looked at before anything is signed with them. */
import { readFileSync } from 'node:fs';
import { Secret } from '@nats-bridge/protocol';
import { publicSigningKey } from './signer.js';

/** @throws TypeError that names the file, when it holds none; an error of the file system when it cannot be read */
export function readSigningSeed(file: string): Secret<string> {
  const seed = new Secret(readFileSync(file, 'utf8').trim());
  try {
    publicSigningKey(seed);
    return seed;
  } catch {
    throw new TypeError(
      `${file} holds no seed of a user key (SU…): make one with \`nats-bridge keys new --signing\``,
    );
  }
}
