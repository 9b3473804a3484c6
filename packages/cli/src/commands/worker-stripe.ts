/** `nats-bridge worker stripe`: Stripe behind the bridge, with the keys that each request brings. */
import { createStripeWorker } from '@nats-bridge/stripe';
import { Command } from 'commander';
import { readSettings, withConfigOption } from '../settings.js';
import { mark } from '../terminal.js';

type Options = { config?: string; nats?: string; concurrency: string; stripeUrl: string; json?: boolean };

export function stripeCommand(): Command {
  return withConfigOption(new Command('stripe'))
    .summary('Stripe: every operation it has, through its official SDK')
    .description(
      'Takes operations from NATS and carries them out at Stripe, with the API key of each request. Table: docs/stripe.md.',
    )
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .option('--concurrency <n>', 'requests handled at once, per operation', '64')
    .option('--stripe-url <url>', 'address of the API, for tests and proxies', 'https://api.stripe.com')
    .option('--json', 'report events as JSON lines')
    .action(async (options: Options) => {
      const { bridge: config } = readSettings(options);
      const worker = createStripeWorker({
        servers: config.base_url,
        jetstream: config.jetstream_enabled,
        streamName: config.jetstream.stream_name,
        consumerName: config.jetstream.consumer_name,
        ackWaitMs: config.jetstream.ack_wait,
        subjects: config.subjects,
        concurrency: Number(options.concurrency),
        stripe: { apiUrl: options.stripeUrl },
        onEvent: (event) => {
          if (options.json) console.log(JSON.stringify({ event: event.type }));
          else if (event.type === 'started') console.log(`${mark.ok()} Stripe worker ready (${event.mode})`);
          else if (event.type === 'handler_failed')
            console.log(`${mark.warning()} ${event.operation}: ${String((event.error as Error)?.message)}`);
          else if (event.type !== 'answered') console.log(event.type);
        },
      });
      await worker.runUntilSignal();
    });
}
