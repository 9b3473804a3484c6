/** The disciplined example workers in Python and Go: what they promise when something dies, comes twice or too late. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fingerprintOf,
  guardedSubject,
  type RouterData,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterEach, describe, expect, it } from 'vitest';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { DISCIPLINED_WORKERS, startWorkerProcess } from './worker-process.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startScene(command: readonly [string, ...string[]], ackWaitMs = 1_000) {
  const stack = await startStack({ sandbox: false, config: { jetstream: { ack_wait: ackWaitMs } } });
  closers.push(() => stack.close());
  const executionsFile = join(mkdtempSync(join(tmpdir(), 'nats-bridge-executions-')), 'executions');
  const start = async () => {
    const env = { NATS_URL: stack.server.url, EXECUTIONS_FILE: executionsFile };
    const worker = await startWorkerProcess(command, env, 'started');
    closers.push(() => worker.stop());
    return worker;
  };
  const worker = await start();
  return {
    stack,
    worker,
    /** A second process, which counts into the same file. */
    start,
    authorize: (attempt: string) =>
      stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt),
    /** `{attempt id} {attempt}`, for each time the processor was called. */
    executions: () => {
      try {
        return readFileSync(executionsFile, 'utf8').split('\n').filter(Boolean);
      } catch {
        return [];
      }
    },
  };
}

const keyOf = (attempt: string) => `authorize:${attempt}`;

async function recordOf(stack: Stack, attempt: string) {
  const entry = await stack.bridge.ledger.findLatest(MERCHANT, keyOf(attempt));
  return entry?.record;
}

/** An answer is heard as it passes, and stands in the record a moment later. */
function answeredRecordOf(stack: Stack, attempt: string) {
  return until('its answer in the record', async () => {
    const record = await recordOf(stack, attempt);
    return record?.state === 'answered' ? record : undefined;
  });
}

/** What its record says that became of it. */
async function answerOf(stack: Stack, attempt: string) {
  return (await stack.bridge.ledger.findLatest(MERCHANT, keyOf(attempt)))?.answer;
}

/** Publishes a request straight into the stream, as the bridge does, and gives its correlation id. */
async function publishRequest(
  stack: Stack,
  attempt: string,
  changes: { request?: object; deadlineAt?: number; body?: string; correlationId?: string } = {},
): Promise<string> {
  const { correlationId = randomUUID() } = changes;
  const body = {
    operation: 'authorize',
    merchant_id: MERCHANT,
    payment_id: 'pay_1',
    router_data: routerData(attempt, changes.request),
    metadata: {},
    correlation_id: correlationId,
    timestamp: 1_767_225_600,
  };
  const headers = natsHeaders();
  for (const [name, value] of Object.entries({
    'X-Merchant-Id': MERCHANT,
    'X-Payment-Id': 'pay_1',
    'X-Idempotency-Key': keyOf(attempt),
    'X-Correlation-Id': correlationId,
    'X-Operation': 'authorize',
    'X-Reply-To': recordSubject(MERCHANT, keyOf(attempt)),
    'X-Deadline': String(changes.deadlineAt ?? Date.now() + 10_000),
    'Content-Type': 'application/json',
  }))
    headers.set(name, value);
  const subject = `hyperswitch.payments.${MERCHANT}.authorize`;
  await jetstream(await stack.nats()).publish(subject, changes.body ?? JSON.stringify(body), { headers });
  return correlationId;
}

function routerData(attempt: string, request: object = authorizeRequest(attempt)): RouterData {
  return {
    merchant_id: MERCHANT,
    payment_id: 'pay_1',
    attempt_id: attempt,
    connector: 'imerchantsolutions',
    connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
    request: request as RouterData['request'],
    test_mode: true,
  };
}

/** A claim that another worker holds for a minute. @param fingerprint of what its request asked for */
async function claimedByAnother(stack: Stack, attempt: string, fingerprint?: string): Promise<void> {
  const leaseUntil = Date.now() + 60_000;
  const claim = { state: 'claimed', retry: 0, by: 'another', attempt: 1, leaseUntil, fingerprint } as const;
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(recordHeaders(claim))) headers.set(name, value);
  (await stack.nats()).publish(recordSubject(MERCHANT, keyOf(attempt)), '', { headers });
  await until('the claim', () => recordOf(stack, attempt));
}

/** Whether writers of records hear that they were stored. */
async function confirmRecords(stack: Stack, isConfirmed: boolean): Promise<void> {
  const manager = await jetstreamManager(await stack.nats());
  await manager.streams.update('OPERATIONS', { no_ack: !isConfirmed });
}

async function whenAcknowledged(stack: Stack): Promise<void> {
  const manager = await jetstreamManager(await stack.nats());
  await until('every request to be acknowledged', async () => {
    const info = await manager.consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize');
    return (info.num_ack_pending === 0 && info.num_pending === 0) || undefined;
  });
}

describe.each(DISCIPLINED_WORKERS)('the disciplined worker in %s', (_language, command, idPrefix) => {
  it('answers payments and questions, each payment with one execution', async () => {
    const { stack, authorize, executions } = await startScene(command);
    const attempts = Array.from({ length: 40 }, (_, index) => `att_${index}`);
    const answers = await Promise.all(attempts.map(authorize));
    for (const [index, attempt] of attempts.entries())
      expect(answers[index]).toMatchObject({
        status: 'CHARGED',
        connector_transaction_id: `${idPrefix}${attempt}`,
      });
    expect(executions().sort()).toEqual(attempts.map((attempt) => `${attempt} 1`).sort());
    const asked = await stack.call(
      'PaymentService/Get',
      { connector_transaction_id: `${idPrefix}att_1`, amount: { minor_amount: 1_250, currency: 'EUR' } },
      'att_1',
    );
    expect(asked).toMatchObject({ connector_transaction_id: `${idPrefix}att_1` });
  });

  it('says that it keeps records, and the bridge leaves them to it', async () => {
    const { stack, authorize } = await startScene(command);
    const nats = await stack.nats();
    await nats.request(guardedSubject('authorize'), '', { timeout: 1_000 });
    await authorize('att_1');
    const record = await answeredRecordOf(stack, 'att_1');
    expect(record).toMatchObject({
      state: 'answered',
      operation: 'authorize',
      attempt: 1,
      paymentId: 'pay_of_att_1',
      requestSeq: 1,
    });
    expect(record?.by).not.toBe(undefined);
    expect((record?.claimedAt ?? 0) - (record?.requestedAt ?? 0)).toBeLessThan(5_000);
  });

  it('killed between claim and answer, leaves it to another, who hears that it is the second attempt', async () => {
    const { worker, start, authorize, executions, stack } = await startScene(command);
    const answer = authorize('att_hangs');
    await until('the first execution', () => executions().length === 1 || undefined);
    expect(await recordOf(stack, 'att_hangs')).toMatchObject({ state: 'claimed', attempt: 1 });
    await worker.stop();
    await start();
    expect(await answer).toMatchObject({ connector_transaction_id: `${idPrefix}att_hangs` });
    expect(executions()).toEqual(['att_hangs 1', 'att_hangs 2']);
  });

  it('frozen until another has taken over, gives its own effect up when it wakes, and the other answer stands', async () => {
    const { worker, start, authorize, executions, stack } = await startScene(command);
    const answer = authorize('att_hangs');
    await until('the first execution', () => executions().length === 1 || undefined);
    worker.signal('SIGSTOP');
    await start();
    expect(await answer).toMatchObject({ connector_transaction_id: `${idPrefix}att_hangs` });
    const answered = await answeredRecordOf(stack, 'att_hangs');
    worker.signal('SIGCONT');
    await until(
      'the effect to be given up',
      () => executions().includes('att_hangs 1 given up') || undefined,
    );
    await whenAcknowledged(stack);
    expect(executions()).toEqual(['att_hangs 1', 'att_hangs 2', 'att_hangs 1 given up']);
    expect(await recordOf(stack, 'att_hangs')).toMatchObject({
      state: 'answered',
      by: answered?.by,
      attempt: 2,
    });
  });

  it('a request that comes again is answered from the record, under its own correlation id', async () => {
    const { stack, authorize, executions } = await startScene(command);
    await authorize('att_1');
    const before = await recordOf(stack, 'att_1');
    // The bridge would have answered a repeat itself.
    const correlationId = await publishRequest(stack, 'att_1');
    await until('the answer to be said again', async () => {
      const record = await answeredRecordOf(stack, 'att_1');
      return (record !== undefined && record.seq !== before?.seq) || undefined;
    });
    expect(await recordOf(stack, 'att_1')).toMatchObject({ state: 'answered', correlationId, attempt: 1 });
    await whenAcknowledged(stack);
    expect(executions()).toEqual(['att_1 1']);
  });

  it('does not execute what nobody waits for any more, and notes that nobody may', async () => {
    const { stack, executions } = await startScene(command);
    await publishRequest(stack, 'att_late', { deadlineAt: Date.now() - 1 });
    await until('the record', async () => recordOf(stack, 'att_late'));
    expect(await recordOf(stack, 'att_late')).toMatchObject({ state: 'withdrawn', reason: 'expired' });
    await whenAcknowledged(stack);
    expect(executions()).toEqual([]);
  });

  it('does not execute what was withdrawn', async () => {
    const { stack, executions } = await startScene(command);
    const subject = recordSubject(MERCHANT, keyOf('att_gone'));
    const headers = natsHeaders();
    for (const [name, value] of Object.entries(recordHeaders({ state: 'withdrawn', retry: 0 })))
      headers.set(name, value);
    await jetstream(await stack.nats()).publish(subject, '{}', { headers });
    await publishRequest(stack, 'att_gone');
    await whenAcknowledged(stack);
    expect(executions()).toEqual([]);
    expect(await recordOf(stack, 'att_gone')).toMatchObject({ state: 'withdrawn' });
  });

  it('takes a repeat of what was announced for a worker without records as the second attempt', async () => {
    const { stack, executions } = await startScene(command);
    const announced = { state: 'sent', retry: 0, correlationId: 'of the first' } as const;
    for (const [attempt, deadlineAt] of [
      ['att_1', Date.now() + 60_000],
      ['att_2', Date.now() - 1],
    ] as const) {
      await stack.bridge.ledger.write(MERCHANT, keyOf(attempt), announced, 0);
      await publishRequest(stack, attempt, { deadlineAt });
      await answeredRecordOf(stack, attempt);
    }
    expect(executions()).toEqual(['att_1 2', 'att_2 2']);
  });

  it('takes what plain subscribers heard as the second attempt', async () => {
    const { stack, executions } = await startScene(command);
    const correlationId = 'heard';
    const announced = { state: 'sent', retry: 0, correlationId, isHeard: true } as const;
    await stack.bridge.ledger.write(MERCHANT, keyOf('att_1'), announced, 0);
    await publishRequest(stack, 'att_1', { correlationId });
    await answeredRecordOf(stack, 'att_1');
    expect(executions()).toEqual(['att_1 2']);
  });

  it('gives a failed request back, and is asked again a second later', async () => {
    const { authorize, executions, stack, worker } = await startScene(command);
    expect(await authorize('att_fails')).toMatchObject({
      connector_transaction_id: `${idPrefix}att_fails`,
    });
    expect(executions()).toEqual(['att_fails 1', 'att_fails 2']);
    expect(await answeredRecordOf(stack, 'att_fails')).toMatchObject({ attempt: 2 });
    expect(worker.printed()).toContain('the processor could not be reached');
  });

  it.each([
    ['is larger than a message', 'att_huge'],
    ['JSON cannot say', 'att_unsayable'],
  ])('records what is left of an answer that %s: its effect has happened', async (_what, attempt) => {
    const { stack, worker, authorize, executions } = await startScene(command);
    const transaction = `${idPrefix}${attempt}`;
    expect(await authorize(attempt)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: transaction,
    });
    const { correlationId } = await answeredRecordOf(stack, attempt);
    expect(await answerOf(stack, attempt)).toEqual({
      status: 'success',
      transaction_id: transaction,
      correlation_id: correlationId,
    });
    expect(executions()).toEqual([`${attempt} 1`]);
    expect(worker.printed()).toContain('authorize: the answer was reduced');
  });

  it.each<[string, object, object]>([
    [
      'its own status and what was captured',
      {
        status: 'success',
        attempt_status: 'PARTIAL_CHARGED',
        amount_captured: 500,
        redirection: { uri: 'u' },
      },
      { status: 'success', attempt_status: 'PARTIAL_CHARGED', amount_captured: 500 },
    ],
    [
      'the status of a refund, and that nothing was captured',
      { status: 'success', refund_status: 'REFUND_PENDING', amount_captured: 0, response: {} },
      { status: 'success', refund_status: 'REFUND_PENDING', amount_captured: 0 },
    ],
    [
      'why it failed',
      { status: 'failure', error: { code: '51', message: 'No funds', reason: 'r' }, redirection: {} },
      { status: 'failure', error: { code: '51', message: 'No funds' } },
    ],
    [
      'that a customer who was to be redirected has not paid',
      { status: 'success', transaction_id: 'txn_1', redirection: {} },
      { status: 'processing', transaction_id: 'txn_1' },
    ],
    [
      'that a status among the fields of the answer is not known',
      { status: 'success', response: { status: 'VOIDED' } },
      { status: 'processing' },
    ],
  ])('a reduced answer says %s', async (_what, answer, essence) => {
    const { stack } = await startScene(command);
    const request = { ...authorizeRequest('att_huge'), answer };
    const correlationId = await publishRequest(stack, 'att_huge', { request });
    await answeredRecordOf(stack, 'att_huge');
    expect(await answerOf(stack, 'att_huge')).toEqual({ ...essence, correlation_id: correlationId });
  });

  it.each(['att_huge', 'att_unsayable'])('reduces the answer to a question, %s', async (attempt) => {
    const { stack, worker } = await startScene(command);
    const asked = { connector_transaction_id: 'txn_1', amount: { minor_amount: 1_250, currency: 'EUR' } };
    expect(await stack.call('PaymentService/Get', asked, attempt)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: `${idPrefix}${attempt}`,
    });
    expect(worker.printed()).toContain('sync: the answer was reduced');
  });

  it('refuses for good what is no request, and what asks for something else under the same key', async () => {
    const { stack, authorize, executions } = await startScene(command);
    const nats = await stack.nats();
    let terminated = 0;
    nats.subscribe('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.PAYMENTS.>', {
      callback: () => {
        terminated++;
      },
    });
    await publishRequest(stack, 'att_1', { body: '{"operation":"authorize"}' });
    await until('the termination', () => terminated === 1 || undefined);
    await publishRequest(stack, 'att_2', { body: 'no JSON' });
    await until('the termination', () => terminated === 2 || undefined);
    await authorize('att_3');
    await publishRequest(stack, 'att_3', {
      request: authorizeRequest('att_3', { amount: { minor_amount: 9, currency: 'EUR' } }),
    });
    await until('the termination', () => terminated === 3 || undefined);
    expect(executions()).toEqual(['att_3 1']);
  });

  it('tells the caller that the key belongs to another request', async () => {
    const { stack, authorize, executions } = await startScene(command);
    const refusals: string[] = [];
    (await stack.nats()).subscribe('$JS.ACK.PAYMENTS.>', {
      callback: (_error, message) => {
        if (message.string().includes('CONFLICT')) refusals.push(message.headers?.get('X-Refusal') ?? '');
      },
    });
    await claimedByAnother(stack, 'att_1', 'another');
    expect(await authorize('att_1')).toMatchObject({
      status: 'PENDING',
      error: { connector_details: { code: 'KEY_CONFLICT' } },
    });
    expect(await until('the refusal', () => refusals[0])).toBe('1');
    expect(executions()).toEqual([]);
  });

  it('runs under a claim whose confirmation was lost, as the first attempt', async () => {
    const { stack, authorize, executions } = await startScene(command, 10_000);
    await confirmRecords(stack, false);
    const answer = authorize('att_1');
    await until('the claim', () => recordOf(stack, 'att_1'));
    await confirmRecords(stack, true);
    expect(await answer).toMatchObject({ connector_transaction_id: `${idPrefix}att_1` });
    expect(executions()).toEqual(['att_1 1']);
  });

  it('does not begin when it was not confirmed, and another has claimed in the meantime', async () => {
    const { stack, worker, executions } = await startScene(command);
    await confirmRecords(stack, false);
    await claimedByAnother(stack, 'att_1');
    await publishRequest(stack, 'att_1');
    await until('the request to be given back', () => worker.printed().includes('not answered') || undefined);
    expect(executions()).toEqual([]);
    expect(await recordOf(stack, 'att_1')).toMatchObject({ state: 'claimed', by: 'another' });
  });

  it('keeps a claim whose renewal was not confirmed', async () => {
    const { stack, authorize, executions } = await startScene(command, 3_000);
    void authorize('att_hangs').catch(() => {});
    await until('the execution', () => executions().length === 1 || undefined);
    const { seq, leaseUntil: first = 0 } = (await recordOf(stack, 'att_hangs')) ?? {};
    await confirmRecords(stack, false);
    await until('a renewal', async () => (await recordOf(stack, 'att_hangs'))?.seq !== seq || undefined);
    await confirmRecords(stack, true);
    const record = await until('the lease to go on', async () => {
      const found = await recordOf(stack, 'att_hangs');
      return found !== undefined && (found.leaseUntil ?? 0) > first + 6_000 ? found : undefined;
    });
    expect(record).toMatchObject({ state: 'claimed', attempt: 1 });
    expect(executions()).toEqual(['att_hangs 1']);
  });

  it('makes the same fingerprint of a request as the SDK and the bridge', async () => {
    const { stack } = await startScene(command);
    const request = {
      ...authorizeRequest('att_1'),
      description: 'Größe "XL" <&> \u2028 \u0007 \\ / 日本 😀',
      amount: { minor_amount: 9_007_199_254_740_991, currency: 'EUR', share: 0.1, none: null },
      items: [{ b: 1, a: [true, -1.5] }, []],
      metadata: { of: 'no matter' },
    };
    await publishRequest(stack, 'att_1', { request });
    const record = await until('the answer', async () => {
      const found = await recordOf(stack, 'att_1');
      return found?.state === 'answered' ? found : undefined;
    });
    expect(record.fingerprint).toBe(fingerprintOf(routerData('att_1', request)));
  });

  it('keeps a claim alive while its handler is at work for longer than the lease', async () => {
    const { authorize, executions, start } = await startScene(command);
    await start();
    expect(await authorize('att_slow')).toMatchObject({ connector_transaction_id: `${idPrefix}att_slow` });
    expect(executions()).toEqual(['att_slow 1']);
  });

  it('told to end, finishes what it has in hand, takes nothing new and leaves with 0', async () => {
    const { worker, authorize, executions, stack } = await startScene(command);
    const answer = authorize('att_slow');
    await until('the execution', () => executions().length === 1 || undefined);
    const code = worker.terminate();
    expect(await answer).toMatchObject({ connector_transaction_id: `${idPrefix}att_slow` });
    expect(await code).toBe(0);
    expect(await recordOf(stack, 'att_slow')).toMatchObject({ state: 'answered' });
    expect(await authorize('att_after')).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
    });
  });
});
