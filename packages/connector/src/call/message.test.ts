import { describe, expect, it } from 'vitest';
import { bridgeConfigSchema } from '../config/bridge-config.js';
import { exchange } from '../testing/exchanges.js';
import type { Exchange } from './exchange.js';
import { messageOf } from './message.js';

const config = bridgeConfigSchema.parse({ jetstream: { ack_wait: 2_000, max_deliver: 3 } });

function secondsToLive(workers: Exchange['workers']): number {
  const { headers } = messageOf(exchange({ workers, deadlineAt: Date.now() + 10_000 }), config, true, 'b');
  return Number.parseInt(headers['Nats-TTL'] ?? '', 10);
}

describe('the time a request may stay in the stream', () => {
  it('ends with its deadline where nobody keeps a record of who began', () => {
    expect(secondsToLive('consumers')).toBe(10);
    expect(secondsToLive('subscribers')).toBe(10);
  });

  it('outlasts every delivery where somebody may: else nobody could find out what became of it', () => {
    expect(secondsToLive('guarded')).toBe(106);
    expect(secondsToLive('unclear')).toBe(106);
  });
});

it('names a message by its merchant and key, whatever characters they have', () => {
  const one = exchange({ key: 'refund:r 🧾', deadlineAt: Date.now() + 10_000 });
  expect(messageOf(one, config, true, 'b').msgId).toBe('m:refund:r%20%F0%9F%A7%BE');
});
