/** One run: load and faults side by side, then quiet, then the evidence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeadLetters, NatsBridge } from '@nats-bridge/connector';
import { storedMessages } from '@nats-bridge/messaging';
import { decodeBody, HEADER, parseRecord, RECORD_STREAM } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { money } from '../stack-under-test.js';
import { type Call, check, type Evidence, type Findings, type LedgerLine } from './checker.js';
import { CRASHES, FAULTS } from './faults.js';
import { callAs, runLoad } from './load.js';
import { randomOf } from './random.js';
import { type Scene, startScene } from './scene.js';

export type RunOptions = {
  readonly seed: number;
  readonly payments: number;
  /** Kinds of faults; all when left out. */
  readonly only?: readonly string[];
  readonly looks?: boolean;
  readonly fences?: boolean;
  readonly keep?: boolean;
  readonly onProgress?: (line: string) => void;
};

export type Injected = { readonly kind: string; readonly startedAt: number; readonly endedAt: number };

export type RunResult = {
  readonly seed: number;
  readonly calls: readonly Call[];
  readonly faults: Readonly<Record<string, number>>;
  readonly findings: Findings;
  /** From the end of a fault to the next success of a call begun after it, in milliseconds, by kind. */
  readonly recoveryMs: Readonly<Record<string, readonly number[]>>;
  readonly pending: number;
  readonly lateAnswers: number;
  readonly evidence: Evidence;
};

const IN_FLIGHT = 16;
/** Faults of a run, spread over its payments. */
const FAULTS_OF_RUN = 12;
const QUIET_LIMIT_MS = 60_000;

export async function runOnce(options: RunOptions): Promise<RunResult> {
  const { seed, payments, onProgress = () => {} } = options;
  const random = randomOf(seed);
  const wanted = (kind: string) => options.only === undefined || options.only.includes(kind);
  const kinds = Object.keys(FAULTS).filter(wanted);
  const scene = await startScene({
    seed,
    crashes: CRASHES.filter(wanted),
    looks: options.looks ?? true,
    fences: options.fences ?? true,
    keep: options.keep ?? false,
  });
  const bridge = new NatsBridge({
    base_url: scene.server.url,
    jetstream: { num_replicas: 1, ack_wait: 2_000, max_deliver: 8 },
    connection: { max_reconnects: -1 },
  });
  try {
    const calls: Call[] = [];
    const injected: Injected[] = [];
    let faulting = Promise.resolve();
    let due = 0;
    const inject = async (kind: string) => {
      const startedAt = Date.now();
      await FAULTS[kind]?.(scene, random);
      injected.push({ kind, startedAt, endedAt: Date.now() });
      onProgress(`${kind} for ${Date.now() - startedAt} ms`);
      await sleep(500);
    };
    const order = shuffled(kinds, random);
    const offset = Math.floor(random() * 1_000);
    await runLoad({
      client: scene.client,
      payments,
      inFlight: IN_FLIGHT,
      random,
      onCall: (call) => calls.push(call),
      async onPayment(begun) {
        const soFar = Math.min(FAULTS_OF_RUN, Math.floor((begun / payments) * (FAULTS_OF_RUN + 1)));
        if (kinds.length === 0 || soFar <= due) return;
        due = soFar;
        const kind = order[(due + offset) % order.length] as string;
        // One at a time, each with load upon it: the next payments wait for the fault before.
        const before = faulting;
        faulting = before.then(() => inject(kind));
        faulting.catch(() => {}); // whoever waits for it hears
        await before;
      },
    });
    await faulting;
    onProgress(`${calls.length} calls; waiting until nothing is under way`);
    await quiet(bridge);
    const evidence = await gather(scene, bridge, calls);
    const faults: Record<string, number> = Object.fromEntries(scene.crashes);
    for (const { kind } of injected) faults[kind] = (faults[kind] ?? 0) + 1;
    const pending = calls.filter(
      ({ ended }) => ended.kind === 'answered' && ended.status.includes('PENDING'),
    );
    const late = pending.filter(({ key }) => evidence.ledger.get(key)?.state === 'answered');
    return {
      seed,
      calls,
      faults,
      findings: check(evidence),
      recoveryMs: recoveries(injected, calls),
      pending: pending.length,
      lateAnswers: late.length,
      evidence,
    };
  } finally {
    await bridge.close();
    await scene.close();
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Nothing is waiting or in a worker's hand, and the notices of what was given up are letters. */
async function quiet(bridge: NatsBridge): Promise<void> {
  const manager = await jetstreamManager(await bridge.connection.get());
  const end = Date.now() + QUIET_LIMIT_MS;
  for (let calm = 0; calm < 3 && Date.now() < end; ) {
    let open = 0;
    for (const stream of ['PAYMENTS', 'DELIVERY_NOTICES'])
      for await (const { num_pending, num_ack_pending } of manager.consumers.list(stream))
        open += num_pending + num_ack_pending;
    calm = open === 0 ? calm + 1 : 0;
    await sleep(500);
  }
}

async function gather(scene: Scene, bridge: NatsBridge, calls: readonly Call[]): Promise<Evidence> {
  const ledger = new Map<string, LedgerLine>();
  for await (const { subject, headers, body, seq, storedAt } of storedMessages(
    bridge.connection,
    RECORD_STREAM,
  )) {
    const [, , merchant = '', operation = '', rest = ''] = subject.split('.');
    const key = `${operation}:${rest}`;
    const { state } = parseRecord(headers, seq, storedAt.getTime());
    const answer =
      state === 'answered'
        ? (decodeBody(body, headers[HEADER.contentType]) as { transaction_id?: string })
        : {};
    ledger.set(`${merchant} ${decodeURIComponent(key)}`, { state, id: answer.transaction_id });
  }
  const deadLetters = createDeadLetters(bridge);
  const letters = new Set(
    (await deadLetters.list()).map(({ merchantId, idempotencyKey }) => `${merchantId} ${idempotencyKey}`),
  );
  deadLetters.close();
  const syncs = new Map<string, string>();
  for (const { key, ended } of calls) {
    const [merchant = '', operation = ''] = key.split(' ');
    if (ended.kind !== 'answered' || ended.status !== 'PENDING' || !operation.startsWith('authorize:'))
      continue;
    const resource = operation.slice('authorize:'.length);
    const asked = await callAs(
      scene.client,
      'PaymentService/Get',
      { merchant_transaction_id: resource, connector_transaction_id: ended.id, amount: money(1_250) },
      { merchant, resource, key: operation },
    );
    if (asked.ended.kind === 'answered') syncs.set(key, asked.ended.status);
  }
  return { calls, book: scene.book(), ledger, letters, syncs };
}

const SUCCEEDED = new Set(['CHARGED', 'AUTHORIZED', 'VOIDED', 'REFUND_SUCCESS']);

function recoveries(injected: readonly Injected[], calls: readonly Call[]): Record<string, number[]> {
  const byKind: Record<string, number[]> = {};
  for (const { kind, endedAt } of injected) {
    const successes = calls
      .filter(({ at, ended }) => at >= endedAt && ended.kind === 'answered' && SUCCEEDED.has(ended.status))
      .map((call) => call.endedAt - endedAt);
    if (successes.length === 0) continue;
    byKind[kind] ??= [];
    byKind[kind].push(Math.min(...successes));
  }
  return byKind;
}
