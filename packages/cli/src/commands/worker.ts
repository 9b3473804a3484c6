/** `nats-bridge worker …`: the ready workers; here the sandbox, the others beside. */
import { createSandboxWorker } from '@nats-bridge/sandbox';
import { Command } from 'commander';
import { readSettings, withConfigOption } from '../settings.js';
import { mark } from '../terminal.js';
import { stripeCommand } from './worker-stripe.js';

type Options = { config?: string; nats?: string; concurrency: string; json?: boolean };

export function workerCommand(): Command {
  const sandbox = withConfigOption(new Command('sandbox'))
    .summary('simulated processor: test cards, every operation, shared memory')
    .description(
      'Takes every operation from NATS and answers as a processor would. Test cards: docs/sandbox.md.',
    )
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .option('--concurrency <n>', 'requests handled at once, per operation', '64')
    .option('--json', 'report events as JSON lines')
    .action(async (options: Options) => {
      const { bridge: config } = readSettings(options);
      const worker = createSandboxWorker({
        servers: config.base_url,
        jetstream: config.jetstream_enabled,
        streamName: config.jetstream.stream_name,
        consumerName: config.jetstream.consumer_name,
        ackWaitMs: config.jetstream.ack_wait,
        subjects: config.subjects,
        concurrency: Number(options.concurrency),
        onEvent: (event) => {
          if (options.json) console.log(JSON.stringify({ event: event.type }));
          else if (event.type === 'started') console.log(`${mark.ok()} sandbox worker ready (${event.mode})`);
          else if (event.type !== 'answered') console.log(event.type);
        },
      });
      await worker.runUntilSignal();
    });
  return new Command('worker').summary('run a ready worker').addCommand(sandbox).addCommand(stripeCommand());
}
