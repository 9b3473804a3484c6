/** `nats-bridge reconcile`, against a processor that says the same as the ledger, and one that was made to say otherwise. */
import { reconcile as reconciled } from '@nats-bridge/connector';
import { createSandboxWorker } from '@nats-bridge/sandbox';
import type { Worker } from '@nats-bridge/worker';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { runCli, superviseCli } from './cli-process.js';
import { authorizeRequest, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

/** What a worker took and lost is not delivered again while it is looked at. */
const ACK_WAIT_MS = 120_000;
const ENV = {
  NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
  NATS_BRIDGE__JETSTREAM__ACK_WAIT: String(ACK_WAIT_MS),
};
const DECLINED = '4000000000000002';
const CRASH = '4000000000000341';
const PROCESSING = '4000000000000077';

type Shown = {
  readonly verdict: string;
  readonly idempotency_key: string;
  readonly ledger: string;
  readonly processor?: string;
};
type Found = { readonly counts: Record<string, number>; readonly findings: Shown[] };

let stack: Stack;
let sandbox: Worker;
let clock = 0;
beforeAll(async () => {
  stack = await startStack({
    sandbox: false,
    config: {
      jetstream: { ack_wait: ACK_WAIT_MS },
      timeouts: { authorize: 2_000, capture: 2_000, sync: 2_000 },
    },
  });
  await startSandbox();
});
afterAll(async () => {
  await sandbox?.stop();
  await stack?.close();
});

async function startSandbox(): Promise<void> {
  sandbox = createSandboxWorker({ servers: stack.server.url, settleAfterMs: 1_000, now: () => clock });
  await sandbox.start();
}

async function reconcile(...args: string[]) {
  await archiveCaughtUp(stack);
  const { code, stdout, stderr } = await runCli(
    ['reconcile', '--nats', stack.server.url, '--reason', 'a test', '--rate', '100', ...args],
    ENV,
  );
  return { code, stdout, stderr, found: () => JSON.parse(stdout) as Found };
}
const pay = (attempt: string, changes = {}, card?: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes, card), attempt);
async function follow(method: string, attempt: string, request: object) {
  return stack.call(`PaymentService/${method}`, { ...request, test_mode: true }, attempt);
}
const idOf = ({ connector_transaction_id: id }: Record<string, unknown>) => String(id);

type Kept = { payment: { attemptId: string; status: string; captured: number } };
/** Changes a payment where the processor keeps it; nobody here hears of it. */
async function atProcessor(attempt: string, change: ((payment: Kept['payment']) => object) | 'gone') {
  const bucket = await new Kvm(await stack.nats()).open('sandbox');
  for await (const key of await bucket.keys('payment.*')) {
    const kept = (await bucket.get(key))?.json<Kept>();
    if (kept?.payment.attemptId !== attempt) continue;
    if (change === 'gone') await bucket.delete(key);
    else
      await bucket.put(
        key,
        JSON.stringify({ ...kept, payment: { ...kept.payment, ...change(kept.payment) } }),
      );
    return;
  }
  throw new Error(`the processor has no payment of ${attempt}`);
}

describe('nats-bridge reconcile', () => {
  it('finds that a whole life agrees: charged, declined, captured in part, voided, refunded', async () => {
    const charged = idOf(await pay('ok_charged'));
    await pay('ok_declined', {}, DECLINED);
    const manual = { capture_method: 'MANUAL' };
    const part = idOf(await pay('ok_captured', manual));
    await follow('Capture', 'ok_captured', {
      merchant_capture_id: 'ok_captured',
      connector_transaction_id: part,
      amount_to_capture: money(700),
    });
    const voided = idOf(await pay('ok_voided', manual));
    await follow('Void', 'ok_voided', { merchant_void_id: 'ok_voided', connector_transaction_id: voided });
    await follow('Refund', 'ok_refund', {
      merchant_refund_id: 'ok_refund',
      connector_transaction_id: charged,
      payment_amount: 1_250,
      refund_amount: money(300),
    });
    const before = await recordsWritten();
    const { code, stdout, stderr, found } = await reconcile('--json');
    expect(stderr).toContain('5 of 5 payments');
    expect(found().counts, stdout).toEqual({ agrees: 7, settled: 0, differs: 0, unknown: 0, cannot_ask: 0 });
    expect(code).toBe(0);
    expect(
      found().findings.map(({ idempotency_key, ledger, processor }) => [idempotency_key, ledger, processor]),
    ).toEqual([
      ['authorize:ok_charged', 'CHARGED', 'CHARGED'],
      ['authorize:ok_declined', 'FAILURE', 'FAILURE'],
      ['authorize:ok_captured', 'AUTHORIZED', 'PARTIAL_CHARGED'],
      ['capture:ok_captured', expect.stringMatching(/CHARGED$/), 'PARTIAL_CHARGED'],
      ['authorize:ok_voided', 'AUTHORIZED', 'VOIDED'],
      ['void:ok_voided', 'VOIDED', 'VOIDED'],
      ['refund:ok_refund', 'REFUND_SUCCESS', 'REFUND_SUCCESS'],
    ]);
    // Only questions were asked: no record was written, and no request but those.
    expect(await recordsWritten()).toBe(before);
    expect(stdout).not.toContain('4242');
  });

  it('is written down, with the filter', async () => {
    const { stdout } = await runCli(['audit', 'list', '--nats', stack.server.url, '--json'], ENV);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({
        action: 'reconcile',
        reason: 'a test',
        target: expect.objectContaining({ rate: 100 }),
      }),
    );
    const listed = await runCli(['audit', 'list', '--nats', stack.server.url], ENV);
    expect(listed.stdout).toMatch(/ reconcile +since 20[\d-]+ [\d:]+Z, 100 a second +a test$/m);
  });

  it('narrows by operation, payment, merchant, connector and time', async () => {
    const keys = async (...args: string[]) =>
      (await reconcile('--json', ...args)).found().findings.map(({ idempotency_key }) => idempotency_key);
    expect(await keys('--operation', 'refund')).toEqual(['refund:ok_refund']);
    // The authorization is not asked about, and still explains the capture.
    expect(await keys('--operation', 'capture')).toEqual(['capture:ok_captured']);
    expect(await keys('--payment', 'pay_of_ok_voided')).toEqual(['authorize:ok_voided', 'void:ok_voided']);
    expect(await keys('--merchant', 'merchant_2')).toEqual([]);
    expect(await keys('--connector', 'stripe')).toEqual([]);
    expect(await keys('--connector', 'imerchantsolutions')).toHaveLength(7);
    expect(await keys('--until', '1h')).toEqual([]);
  });

  it('says what became of a payment whose worker died after it was charged', async () => {
    await sandbox.stop();
    const dying = await superviseCli(['worker', 'sandbox', '--nats', stack.server.url], ENV, 'worker ready');
    expect(await pay('lost', {}, CRASH)).toMatchObject({ status: 'PENDING' });
    await until('it died', () => dying.exitCodes[0] ?? undefined);
    await dying.stop();
    await startSandbox();
    const { code, found } = await reconcile('--json', '--payment', 'pay_of_lost');
    expect(found().findings).toMatchObject([
      { verdict: 'settled', ledger: 'claimed', processor: 'CHARGED', why: 'it was carried out: CHARGED' },
    ]);
    expect(code).toBe(0);
  });

  it('takes what the processor does not know for no answer, and not for what the ledger says', async () => {
    await atProcessor('lost', 'gone');
    const { code, found } = await reconcile('--json', '--payment', 'pay_of_lost');
    expect(found().findings).toMatchObject([
      { verdict: 'unknown', ledger: 'claimed', processor: 'not known' },
    ]);
    expect(code).toBe(4);
  });

  it('says what a worker without records did whose answer was lost', async () => {
    const id = idOf(await pay('lost_answer', { capture_method: 'MANUAL' }));
    await sandbox.stop();
    const nats = await stack.nats();
    const there = nats.subscribe('hyperswitch.workers.alive.capture', {
      callback: (_, message) => void message.respond(),
    });
    const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
    const capturing = follow('Capture', 'lost_answer', {
      merchant_capture_id: 'lost_answer',
      connector_transaction_id: id,
      amount_to_capture: money(1_250),
    });
    const message = await until(
      'it is sent',
      async () => (await consumer.next({ expires: 1_000 })) ?? undefined,
    );
    await atProcessor('lost_answer', () => ({ status: 'closed', captured: 1_250 }));
    message.ack();
    expect(await capturing).toMatchObject({ status: 'PENDING' });
    there.unsubscribe();
    await startSandbox();
    const { code, found } = await reconcile('--json', '--payment', 'pay_of_lost_answer');
    expect(found().findings).toMatchObject([
      { idempotency_key: 'authorize:lost_answer', verdict: 'agrees' },
      { idempotency_key: 'capture:lost_answer', verdict: 'settled', ledger: 'sent', processor: 'CHARGED' },
    ]);
    expect(code).toBe(0);
  });

  it('leaves open what the processor has not decided, and settles it later', async () => {
    await pay('slow', {}, PROCESSING);
    const early = await reconcile('--json', '--payment', 'pay_of_slow');
    expect(early.found().findings).toMatchObject([
      { verdict: 'unknown', ledger: 'PENDING', processor: 'PENDING' },
    ]);
    expect(early.code).toBe(4);
    clock += 2_000;
    const late = await reconcile('--json', '--payment', 'pay_of_slow');
    expect(late.found().findings).toMatchObject([{ verdict: 'settled', processor: 'CHARGED' }]);
    expect(late.code).toBe(0);
  });

  it('finds each way in which ledger and processor can contradict each other', async () => {
    await pay('bad_gone');
    await atProcessor('bad_gone', 'gone');
    await pay('bad_amount');
    await atProcessor('bad_amount', () => ({ captured: 1_200 }));
    await pay('bad_declined', {}, DECLINED);
    await atProcessor('bad_declined', () => ({ status: 'closed', captured: 1_250 }));
    await pay('bad_captured', { capture_method: 'MANUAL' });
    await atProcessor('bad_captured', () => ({ status: 'closed', captured: 1_250 }));
    const { code, found } = await reconcile('--json');
    const different = found().findings.filter(({ verdict }) => verdict === 'differs');
    expect(different).toMatchObject([
      { idempotency_key: 'authorize:bad_gone', ledger: 'CHARGED', processor: 'not known' },
      {
        idempotency_key: 'authorize:bad_amount',
        amount: { ledger: { minor_amount: 1_250, currency: 'EUR' }, processor: { minor_amount: 1_200 } },
      },
      { idempotency_key: 'authorize:bad_declined', ledger: 'FAILURE', why: 'it was carried out: CHARGED' },
      {
        idempotency_key: 'authorize:bad_captured',
        ledger: 'AUTHORIZED',
        why: 'no capture of it is known: CHARGED',
      },
    ]);
    expect(code).toBe(3);
  });

  it('does not take a payment that goes on meanwhile for one that differs', async () => {
    await pay('goes_first', { capture_method: 'MANUAL' });
    const id = idOf(await pay('goes_on', { capture_method: 'MANUAL' }));
    await archiveCaughtUp(stack);
    const since = new Date(Date.now() - 60_000);
    let captured: Promise<unknown> | undefined;
    // Questions are half a second apart, and the ledger was read before the first.
    const findings = await reconciled(
      stack.bridge,
      { since, operation: 'authorize' },
      {
        perSecond: 2,
        onProgress: (done) => {
          if (done === 1)
            captured = follow('Capture', 'goes_on', {
              merchant_capture_id: 'goes_on',
              connector_transaction_id: id,
              amount_to_capture: money(1_250),
            });
        },
      },
    );
    await captured;
    expect(findings.filter(({ idempotencyKey }) => idempotencyKey.includes('goes_'))).toMatchObject([
      { idempotencyKey: 'authorize:goes_first', verdict: 'agrees', processor: 'AUTHORIZED' },
      { idempotencyKey: 'authorize:goes_on', verdict: 'agrees', processor: 'CHARGED' },
    ]);
  }, 60_000);

  it('shows people what needs them, and spreadsheets everything', async () => {
    const { code, stdout } = await reconcile('--limit', '2');
    expect(stdout).toMatch(/^verdict +requested +merchant +key +ledger +processor +why\n/);
    expect(stdout).toMatch(/^differs .* merchant_1 +authorize:bad_gone +CHARGED +not known/m);
    expect(stdout).toMatch(/^✗ 4 ledger and processor contradict each other$/m);
    expect(stdout).toMatch(/^✓ 11 agree$/m);
    expect(stdout).toMatch(/^and \d+ more: --limit \d+, --csv or --json$/m);
    expect(stdout).not.toContain('authorize:ok_charged');
    expect(code).toBe(3);
    const sheet = await reconcile('--csv', '--payment', 'pay_of_bad_amount');
    expect(sheet.stdout.split('\r\n')[1]).toMatch(
      /^differs,20.*,authorize:bad_amount,.*,1250,1200,EUR,another amount$/m,
    );
  });

  it('shows what it has when it is stopped, and says that this is not all', async () => {
    const args = ['reconcile', '--nats', stack.server.url, '--reason', 'a test', '--rate', '1'];
    const asking = await superviseCli(args, ENV, '1 of');
    expect(await asking.stop()).toBe(4);
    expect(asking.printed()).toContain('it was stopped: the rest was not asked about');
    expect(asking.printed()).toMatch(/^✓ \d agree$/m);
    expect(asking.printed()).not.toContain('Warning');
  });

  it('says that nobody could be asked, and does not take that for an answer', async () => {
    await sandbox.stop();
    const { code, found } = await reconcile('--json', '--payment', 'pay_of_ok_charged');
    expect(found().findings).toMatchObject([
      { verdict: 'cannot_ask', ledger: 'CHARGED', why: expect.stringContaining('NO_WORKERS_AVAILABLE') },
    ]);
    expect(code).toBe(4);
    await startSandbox();
  });

  it('changes no stream that is not as configured, and asks nothing then', async () => {
    const { code, stderr } = await runCli(['reconcile', '--nats', stack.server.url, '--reason', 'a test'], {
      ...ENV,
      NATS_BRIDGE__JETSTREAM__MAX_AGE: '30d',
    });
    expect(stderr).toMatch(/PAYMENTS.* are not as configured here.*Nothing was changed/);
    expect(code).toBe(1);
  });

  it('does not call it agreement when there was nothing to ask about', async () => {
    const { code, stdout } = await reconcile('--merchant', 'merchant_nobody');
    expect(stdout).toBe('No operations that move money.\n');
    expect(code).toBe(0);
  });

  async function recordsWritten(): Promise<number> {
    const reply = await (await stack.nats()).request('$JS.API.STREAM.INFO.OPERATIONS');
    return reply.json<{ state: { last_seq: number } }>().state.last_seq;
  }
});
