/** Seeds of user keys as they lie in files, looked at before anything is signed with them. */
import type { Secret } from '@nats-bridge/protocol';
import { readSeed } from './read-seed.js';
import { publicSigningKey } from './signer.js';

/** @throws TypeError that names the file, when it holds none or cannot be read */
export function readSigningSeed(file: string): Secret<string> {
  const seed = readSeed(file);
  try {
    publicSigningKey(seed);
    return seed;
  } catch {
    throw new TypeError(
      `${file} holds no seed of a user key (SU…): make one with \`nats-bridge keys new --signing\``,
    );
  }
}
