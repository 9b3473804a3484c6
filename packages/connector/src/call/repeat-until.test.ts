import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { bridgeConfigSchema } from '../config/bridge-config.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';
import { exchange } from '../testing/exchanges.js';
import { createRepeatUntil } from './repeat-until.js';

describe('the time in which a request may be published again', () => {
  const repeatUntil = createRepeatUntil(
    bridgeConfigSchema.parse({ jetstream: { duplicate_window: '10s' } }),
    () => 50_000,
  );

  it('is half of the duplicate window from the first publication on', () => {
    expect(repeatUntil(exchange({ workers: 'consumers' }))).toBe(55_000);
    const marks = { begunAt: 7_000, at: 40_000, sentAt: 9_000 };
    expect(repeatUntil(exchange({ workers: 'unclear', marks }))).toBe(47_000);
  });

  it('has no end where a repeat is recognised otherwise', () => {
    expect(repeatUntil(exchange({ workers: 'guarded' }))).toBe(Number.POSITIVE_INFINITY);
  });
});

it('a slow worker without records executes once, though the stream forgets ids before it answers', async () => {
  const { bridge, stop } = await startBridge({
    request_timeout_ms: 5_000,
    jetstream: { duplicate_window: '1s' },
  });
  let executions = 0;
  try {
    const nats = await bridge.connection.get();
    nats.subscribe('slow', {
      callback: (_, message) => {
        const transaction_id = `txn_${++executions}`;
        const reply = JSON.stringify({ status: 'success', transaction_id });
        void sleep(3_500).then(() => message.respond(reply));
      },
    });
    await (await jetstreamManager(nats)).consumers.add('PAYMENTS', {
      deliver_subject: 'slow',
      ack_policy: AckPolicy.Explicit,
      filter_subject: 'hyperswitch.payments.*.capture',
    });
    const outcome = await bridge.capture(CAPTURE);
    expect(outcome).toMatchObject({ kind: 'answered', transactionId: 'txn_1' });
    expect(executions).toBe(1);
  } finally {
    await stop();
  }
});
