/** `nats-bridge keys`: the curve keys with which bodies are sealed, and the user keys with which messages are signed. */
import { writeFileSync } from 'node:fs';
import {
  newCurveSeed,
  newSigningSeed,
  publicCurveKey,
  publicSigningKey,
  readSeed,
} from '@nats-bridge/messaging';
import type { Secret } from '@nats-bridge/protocol';
import { Command } from 'commander';
import { progress } from '../output/terminal.js';

export function keysCommand(): Command {
  const create = new Command('new')
    .summary('make a key; its seed goes to a file, its public part is printed')
    .description(
      'Makes a NATS curve key (xkey), or with --signing a user key (NKEY). Bridges have one (seed_files of nats_bridge.sealing, of nats_bridge.signing), every pool of workers has one (--seal-seed, --sign-seed); each is told the public part of the other. See docs/sealing.md and docs/signing.md.',
    )
    .argument('<file>', 'where the seed goes, readable by its owner only; must not exist')
    .option('--signing', 'a key that signs (U…) instead of one that seals (X…)')
    .action((file: string, { signing }: { signing?: boolean }) => {
      const seed = signing ? newSigningSeed() : newCurveSeed();
      try {
        writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600, flag: 'wx' });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
        throw new Error(`${file} is there already: a seed is never overwritten; choose another name`);
      }
      console.log(publicKeyOf(seed));
      progress(
        signing
          ? `the seed is in ${file}: keep it secret`
          : `the seed is in ${file}: keep it secret, and keep it for as long as something sealed is kept`,
      );
    });
  const show = new Command('show')
    .summary('print the public part of a seed')
    .argument('<file>', 'a seed')
    .action((file: string) => {
      const seed = readSeed(file);
      if (!/^S[UX]/.test(seed.reveal().trim()))
        throw new Error(
          `${file} holds no seed of nats-bridge keys, which begins with SX or, of one that signs, SU`,
        );
      console.log(publicKeyOf(seed));
    });
  return new Command('keys')
    .summary('make keys that seal and sign payments')
    .description(
      'Makes the keys with which bodies are sealed and messages are signed, and says the public part of one that is there: docs/sealing.md and docs/signing.md.',
    )
    .addCommand(create)
    .addCommand(show);
}

/** @throws TypeError when it is the seed of neither kind; it is not repeated */
function publicKeyOf(seed: Secret<string>): string {
  return seed.reveal().trim().startsWith('SU') ? publicSigningKey(seed) : publicCurveKey(seed);
}
