/** `nats-bridge keys`: the curve keys with which bodies are sealed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { newCurveSeed, publicCurveKey } from '@nats-bridge/messaging';
import { Secret } from '@nats-bridge/protocol';
import { Command } from 'commander';
import { progress } from '../terminal.js';

export function keysCommand(): Command {
  const create = new Command('new')
    .summary('make a curve key; its seed goes to a file, its public part is printed')
    .description(
      'Makes a NATS curve key (xkey). Bridges have one (nats_bridge.sealing.seed_files), every pool of workers has one (--seal-seed); each is told the public part of the other. See docs/sealing.md.',
    )
    .argument('<file>', 'where the seed goes, readable by its owner only; must not exist')
    .action((file: string) => {
      const seed = newCurveSeed();
      try {
        writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600, flag: 'wx' });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
        throw new Error(`${file} is there already: a seed is never overwritten; choose another name`);
      }
      console.log(publicCurveKey(seed));
      progress(`the seed is in ${file}: keep it secret, and keep it for as long as something sealed is kept`);
    });
  const show = new Command('show')
    .summary('print the public part of a seed')
    .argument('<file>', 'a seed')
    .action((file: string) => console.log(publicCurveKey(new Secret(readFileSync(file, 'utf8')))));
  return new Command('keys').summary('make keys that seal payments').addCommand(create).addCommand(show);
}
