import { ReplyTimeoutError } from '@nats-bridge/messaging';
import { BridgeError, HEADER } from '@nats-bridge/protocol';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startBridge } from '../testing/bridge-on-server.js';
import { exchange } from '../testing/exchanges.js';
import { createTakeBack } from './take-back.js';

it('takes back the request of its own key alone: a stream that was made again gives its numbers to others', async () => {
  const { bridge, stop } = await startBridge({});
  onTestFinished(stop);
  const { config, connection } = bridge;
  const nats = await connection.get();
  const stored = async (key: string) => {
    const message = headers();
    message.set(HEADER.merchantId, 'm');
    message.set(HEADER.idempotencyKey, key);
    return (await jetstream(nats).publish('hyperswitch.payments.m.capture', '', { headers: message })).seq;
  };
  const takenOut = vi.fn(async () => true);
  const { takeBack } = createTakeBack({
    config,
    connection,
    workStream: { takeBack: takenOut, settled: () => {} },
  });
  const take = (seq: number) => {
    const cause = new ReplyTimeoutError('hyperswitch.payments.m.capture', 'sent_unknown', 1_000, seq);
    const call = exchange({ workers: 'consumers', consumers: [] });
    return takeBack(call, new BridgeError('NATS_TIMEOUT', undefined, { cause }));
  };
  expect(await take(await stored('capture:att_2'))).toBe(false);
  expect(takenOut).not.toHaveBeenCalled();
  expect(await take(await stored('capture:att_1'))).toBe(true);
});
