import { createBodyReferences } from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  type BridgeRequest,
  decodeBody,
  outcomeOfReply,
  parseResponse,
  RECORD_STREAM,
  type RouterData,
} from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it, vi } from 'vitest';
import { NO_SEALING } from '../sealing/sealing.js';
import { brokerForFile, createScene } from '../testing/scene.js';
import { encodeEffect } from './reply.js';

const broker = brokerForFile();

const recordOf = async (subject: string) => {
  const manager = await jetstreamManager(broker.nats);
  return manager.streams.getMessage(RECORD_STREAM, { last_by_subj: subject });
};

const bodies = () => createBodyReferences(broker.connection, { bucket: BODY_BUCKET });

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

  it('is recorded without what cannot be encoded: the effect has happened', async () => {
    const response = {
      status: 'success',
      transaction_id: 'txn_1',
      connector_response: { amount: 10n },
    } as const;
    const handler = vi.fn(() => response);
    const { worker, send, happened } = await createScene(broker, { authorize: handler });
    await worker.start();
    await send('c1', { replyTo: 'hyperswitch.operations.m.unsayable' });
    await happened('answered');
    await happened('reply_reduced');
    expect(handler).toHaveBeenCalledOnce();
    const { data } = (await recordOf('hyperswitch.operations.m.unsayable')) ?? {};
    expect(decodeBody(data as Uint8Array)).toEqual({
      status: 'success',
      transaction_id: 'txn_1',
      correlation_id: 'c1',
    });
    await worker.stop();
  });

  it('that cannot be put away is tried for a while, and then recorded without the rest', async () => {
    const store = vi.fn(async () => {
      throw new Error('no leader');
    });
    const waits: number[] = [];
    const onLeftOut = vi.fn();
    const read = {
      request: { correlation_id: 'c1' } as BridgeRequest,
      headers: {},
      wireHeaders: {},
      attempt: 1,
    };
    const way = { connection: broker.connection, bodies: { ...bodies(), store }, sealing: NO_SEALING };
    const error = { code: 'declined', message: 'No', reason: 'x'.repeat(2 * 1024 * 1024) };
    const { body } = await encodeEffect(read, { status: 'failure', error }, way, {
      sleep: async (ms) => void waits.push(ms),
      onLeftOut,
    });
    expect(decodeBody(body)).toEqual({
      status: 'failure',
      error: { code: 'declined', message: 'No' },
      correlation_id: 'c1',
    });
    expect(store).toHaveBeenCalledTimes(waits.length + 1);
    expect(waits.reduce((sum, ms) => sum + ms)).toBeGreaterThan(20_000);
    expect(onLeftOut).toHaveBeenCalledOnce();
  });

  it.each([
    [
      'its own status',
      { attempt_status: 'AUTHENTICATION_PENDING', redirection: { form: {} } },
      'AUTHENTICATION_PENDING',
    ],
    ['another', { attempt_status: 'VOIDED' }, 'VOIDED'],
    ['what was captured', { amount_captured: 500 }, 'CHARGED'],
    ['a redirection', { redirection: { form: {} } }, 'PENDING'],
    ['fields of the answer', { response: { status: 'PARTIAL_CHARGED' } }, 'PENDING'],
  ])('that is reduced says no more than the whole, which has %s', async (_, refined, expected) => {
    const call = {
      operation: 'authorize',
      correlationId: 'c1',
      data: { request: { capture_method: 'MANUAL' } } as unknown as RouterData,
    } as const;
    const read = {
      request: { operation: 'authorize', correlation_id: 'c1' } as BridgeRequest,
      headers: {},
      wireHeaders: {},
      attempt: 1,
    };
    const way = { connection: broker.connection, bodies: bodies(), sealing: NO_SEALING };
    const unsayable = { connector_metadata: { amount: 1n } };
    const whole = { status: 'success', transaction_id: 'txn_1', ...refined, ...unsayable } as const;
    const { body } = await encodeEffect(read, whole, way, { sleep: async () => {}, onLeftOut: () => {} });
    expect(outcomeOfReply(call, parseResponse(decodeBody(body))).status).toBe(expected);
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
      const record = Object.fromEntries((headers?.keys() ?? []).map((key) => [key, headers?.get(key) ?? '']));
      expect(decodeBody(await bodies().resolveBody({ body: data, headers: record }))).toEqual({
        status: 'success',
        connector_response: large,
        correlation_id: 'c1',
      });
      expect(handler).toHaveBeenCalledOnce();
      await worker.stop();
    },
  );
});
