/** `nats-bridge worker …`: the ready workers, one file each. */
import { Command } from 'commander';
import { sandboxCommand } from './worker-sandbox.js';
import { stripeCommand } from './worker-stripe.js';
import { ucsCommand } from './worker-ucs.js';

export function workerCommand(): Command {
  return new Command('worker')
    .summary('run a ready worker')
    .addCommand(sandboxCommand())
    .addCommand(stripeCommand())
    .addCommand(ucsCommand());
}
