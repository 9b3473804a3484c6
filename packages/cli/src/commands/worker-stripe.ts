/** `nats-bridge worker stripe`: Stripe behind the bridge, with the keys that each request brings. */
import { Command } from 'commander';
import { type WorkerCommandOptions, withWorkerOptions, workerOptionsOf } from '../options/worker-options.js';

type Options = WorkerCommandOptions & { stripeUrl: string };

export function stripeCommand(): Command {
  return withWorkerOptions(new Command('stripe'))
    .summary('Stripe: every operation it has, through its official SDK')
    .description(
      'Takes operations from NATS and carries them out at Stripe, with the API key of each request. Table: docs/stripe.md.',
    )
    .option('--stripe-url <url>', 'address of the API, for tests and proxies', 'https://api.stripe.com')
    .action(async (options: Options) => {
      const { createStripeWorker } = await import('@nats-bridge/stripe');
      const stripe = { apiUrl: options.stripeUrl };
      await createStripeWorker({ ...workerOptionsOf('Stripe', options), stripe }).runUntilSignal();
    });
}
