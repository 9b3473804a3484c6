import { createBodyReferences } from '@nats-bridge/messaging';
import { BODY_BUCKET, decodeBody, RECORD_STREAM } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Broker, createScene, startBroker } from './testing/scene.js';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

const recordOf = async (subject: string) => {
  const manager = await jetstreamManager(broker.nats);
  return manager.streams.getMessage(RECORD_STREAM, { last_by_subj: subject });
};

describe('a reply', () => {
  it('is stored before its request is acknowledged', async () => {
    const { worker, send, happened, consumer } = await createScene(broker, {
      authorize: () => ({ status: 'success', transaction_id: 'txn_1' }),
    });
    await worker.start();
    await send('c1', { replyTo: 'hyperswitch.operations.m.stored' });
    await happened('answered');
    expect(await recordOf('hyperswitch.operations.m.stored')).toMatchObject({ seq: expect.any(Number) });
    await vi.waitFor(async () => expect((await consumer()).ack_floor.stream_seq).toBe(1));
    await worker.stop();
  });

  it('carries the correlation id of its request, whatever the handler says', async () => {
    const said = { status: 'success', correlation_id: 'of another' } as const;
    const { worker, send } = await createScene(broker, { authorize: () => said });
    await worker.start();
    const { message } = await send('c1', { replyTo: 'replies.own' });
    expect(decodeBody((await message()).data)).toEqual({ status: 'success', correlation_id: 'c1' });
    await worker.stop();
  });

  it.each(['hyperswitch.operations.m.large', 'replies.large'])(
    'that is larger than a message lies in the object store: %s',
    async (replyTo) => {
      const large = 'x'.repeat(2 * 1024 * 1024);
      const handler = vi.fn(() => ({ status: 'success' as const, connector_response: large }));
      const { worker, send } = await createScene(broker, { capture: handler });
      await worker.start();
      const { message } = await send('c1', { replyTo });
      const { data, headers } = await message();
      const bodies = createBodyReferences(broker.connection, { bucket: BODY_BUCKET });
      const record = Object.fromEntries((headers?.keys() ?? []).map((key) => [key, headers?.get(key) ?? '']));
      expect(decodeBody(await bodies.resolveBody({ body: data, headers: record }))).toEqual({
        status: 'success',
        connector_response: large,
        correlation_id: 'c1',
      });
      expect(handler).toHaveBeenCalledOnce();
      await worker.stop();
    },
  );
});
