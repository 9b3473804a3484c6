/** Requests too large for a message, sent again from the dead letters: whole, as they are signed and sealed. */
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { payment, SUCCESS } from './messages.js';
import { signingScene } from './signing-scene.js';

const ACTOR = { who: 'jo', why: 'it was not carried out' };
const NOTE = 'x'.repeat(1_200_000);
const { sealingKeys, bridgeWith, workerWith, lettersOf } = signingScene();

describe('a letter whose body lies in the object store', () => {
  it('is gone before its body is, unless it waits for a person', async () => {
    const bridge = bridgeWith({ jetstream: { num_replicas: 1, max_age: '7d' } });
    await bridge.prepare();
    const manager = await jetstreamManager(await bridge.connection.get());
    const ageOf = async (stream: string) => (await manager.streams.info(stream)).config.max_age / 86_400e9;
    expect([await ageOf('DEAD_LETTERS'), await ageOf('OBJ_hyperswitch-bodies')]).toEqual([7, 8]);
    expect(await ageOf('INTERVENTIONS')).toBe(0);
  });

  it.each(['in clear', 'signed', 'sealed and signed'])('is sent again whole, %s', async (how) => {
    const keys = how === 'sealed and signed' ? sealingKeys() : { bridge: {}, worker: {} };
    const unsigned = how === 'in clear' ? { signing: undefined } : {};
    const bridge = bridgeWith({
      timeouts: { authorize: 5_000 },
      jetstream: { num_replicas: 1, ack_wait: 1_000, max_deliver: 1 },
      ...keys.bridge,
      ...unsigned,
    });
    const letters = await lettersOf(bridge);
    let isBroken = true;
    const notes: unknown[] = [];
    await workerWith('durable', {
      ...keys.worker,
      ...unsigned,
      handlers: {
        authorize: ({ router_data }) => {
          if (isBroken) throw new Error('away');
          notes.push(router_data.request.metadata);
          return SUCCESS;
        },
      },
    });
    const data = payment('att_1');
    const large = { ...data, request: { ...data.request, metadata: NOTE } };
    expect(await bridge.authorize(large)).toMatchObject({ kind: 'unknown' });
    const letter = await until('a letter', async () => (await letters.list())[0]);
    expect(letter.body.length).toBe(2);
    isBroken = false;
    await letters.retry(letter, ACTOR, { force: true });
    await until('its answer', () => bridge.findAnswer('merchant_1', 'authorize:att_1'));
    expect(notes).toEqual([NOTE]);
  });
});
