import { RECORD_STREAM, recordBatchOf, recordBatchSubject, recordSubject } from '@nats-bridge/protocol';
import { jetstream } from '@nats-io/jetstream';
import { expect, it } from 'vitest';
import { startBridge } from '../testing/bridge-on-server.js';
import { keepNotary } from './notary.js';
import { readChain } from './read-audit.js';

it('goes on behind what is no entry, and writes nothing down twice', async () => {
  const { bridge, stop } = await startBridge({});
  const notary = keepNotary(bridge);
  const publish = async (subject: string, text: string) =>
    jetstream(await bridge.connection.get()).publish(subject, text);

  await publish(recordSubject('m', 'capture:att_1'), '{}');
  await notary.catchUp();
  await publish(recordBatchSubject(RECORD_STREAM), '{"n":2,');
  await publish(recordSubject('m', 'capture:att_2'), '{}');
  await notary.catchUp();
  await notary.catchUp();

  const chain = await readChain(bridge.connection);
  const batches = chain.map((entry) => entry && recordBatchOf(entry));
  expect(batches).toMatchObject([{ from: 1, to: 1 }, undefined, { from: 2, to: 2 }]);
  await notary.close();
  await stop();
});
