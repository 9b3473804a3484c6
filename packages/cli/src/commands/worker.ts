/** `nats-bridge worker …`: the ready workers, one file each, which loads its worker when that is run. */
import { Command } from 'commander';
import { sandboxCommand } from './worker-sandbox.js';
import { stripeCommand } from './worker-stripe.js';
import { ucsCommand } from './worker-ucs.js';

export function workerCommand(): Command {
  return new Command('worker')
    .summary('run a ready worker')
    .description(
      'Runs a worker that comes with the bridge: a simulated processor (docs/sandbox.md), Stripe (docs/stripe.md), or any UCS server (docs/ucs-worker.md). One of your own: nats-bridge new worker.',
    )
    .addCommand(sandboxCommand())
    .addCommand(stripeCommand())
    .addCommand(ucsCommand());
}
