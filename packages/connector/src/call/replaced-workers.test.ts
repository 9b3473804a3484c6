/** Workers that keep no records are replaced by workers that do: what the first may have carried out is not forgotten. */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NatsBridge } from '../nats-bridge.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

const WINDOW_MS = 100;

let started: Awaited<ReturnType<typeof startBridge>>;
let bridge: NatsBridge;

beforeEach(async () => {
  started = await startBridge({
    request_timeout_ms: 1_000,
    jetstream: { duplicate_window: `${WINDOW_MS}ms` },
  });
  bridge = started.bridge;
});
afterEach(() => started.stop());

const stateOfRecord = async () => (await bridge.ledger.findLatest('m', 'capture:att_1'))?.record.state;

async function sayThere(kind: 'alive' | 'guarded') {
  const nats = await bridge.connection.get();
  const there = nats.subscribe(`hyperswitch.workers.${kind}.capture`, {
    callback: (_, message) => void message.respond(),
  });
  await nats.flush();
  return there;
}

it('stays in doubt where nobody takes a repeat of what one without records took', async () => {
  const unguarded = await sayThere('alive');
  const nats = await bridge.connection.get();
  const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
  const taken = consumer.next();
  expect(await bridge.capture(CAPTURE)).toMatchObject({ kind: 'unknown' });
  expect(await taken).not.toBeNull();
  unguarded.unsubscribe();
  await sayThere('guarded');
  await sleep(500); // who was there is believed for a moment, and the stream knows a repeat for another
  expect(await bridge.capture(CAPTURE)).toMatchObject({ kind: 'unknown' });
  expect(await stateOfRecord()).toBe('sent');
});
