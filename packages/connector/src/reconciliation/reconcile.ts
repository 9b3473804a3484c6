/**
 * Compares what the ledger says of operations that move money with what workers answer when they are asked: each
 * payment once, by the question that Hyperswitch would ask. Executes nothing and records nothing.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, operationRow, ValidationError } from '@nats-bridge/protocol';
import { type ArchiveFilter, createOpenArchived, type OpenArchived } from '../archive/archived-requests.js';
import type { NatsBridge } from '../nats-bridge.js';
import { type Judgement, judge } from './judge.js';
import { type Examined, examine } from './known-operation.js';
import { type PaymentGroup, paymentGroups } from './payment-groups.js';
import { type ProcessorState, processorStateOf } from './processor-state.js';
import { dataOfQuestion, type Question, questionOf } from './question.js';

export type ReconcileFilter = ArchiveFilter & {
  /** As Hyperswitch names it; the request has to be readable for that. */
  readonly connector?: string;
};

export type ReconcileOptions = {
  /** Questions a second, at most. */
  readonly perSecond: number;
  /** Once aborted, nothing more is asked: what was found by then is returned. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, of: number) => void;
};

export type Finding = Judgement & {
  readonly merchantId: string;
  readonly paymentId: string;
  readonly operation: Operation;
  readonly idempotencyKey: string;
  readonly connector: string | undefined;
  /** When it was requested. */
  readonly at: Date;
  /** A UCS status, or how far it has come. */
  readonly ledger: string;
  /** A UCS status; undefined where none was told. */
  readonly processor: string | undefined;
  /** The processor's id, as it is recorded. */
  readonly transactionId: string | undefined;
};

/** So many payments are looked at side by side: one whose worker does not answer holds up no other. */
const AT_ONCE = 32;

/**
 * What seems to differ is looked at twice: a payment may have gone on since the ledger was read.
 *
 * @returns the findings in the order in which the payments began
 * @throws when the streams cannot be read; what a worker does is a finding
 */
export async function reconcile(
  bridge: NatsBridge,
  filter: ReconcileFilter,
  options: ReconcileOptions,
): Promise<readonly Finding[]> {
  const found = await examineGroups(bridge, await paymentGroups(bridge, filter), filter, options);
  const again = [...found].filter(([, findings]) => findings.some(({ verdict }) => verdict === 'differs'));
  if (again.length > 0 && !options.signal?.aborted) {
    const names = new Set(again.map(([name]) => name));
    const groups = (await paymentGroups(bridge, filter)).filter(({ name }) => names.has(name));
    const { perSecond, signal } = options;
    const second = await examineGroups(bridge, groups, filter, { perSecond, signal });
    for (const [name, findings] of second) found.set(name, findings);
  }
  return [...found.values()].flat();
}

/** @returns by the group's name */
async function examineGroups(
  bridge: NatsBridge,
  groups: readonly PaymentGroup[],
  { connector }: ReconcileFilter,
  { perSecond, signal, onProgress }: ReconcileOptions,
): Promise<Map<string, readonly Finding[]>> {
  const open = createOpenArchived(bridge);
  const found = new Map<string, readonly Finding[]>();
  let done = 0;
  let nextAt = performance.now();
  // One of its own, on which as many may wait as there are questions: node warns of more than ten.
  const stop = signal && AbortSignal.any([signal]);
  if (stop !== undefined) setMaxListeners(0, stop);

  /** Resolves when the next question may be asked; rejects when none may any more. */
  async function turn(): Promise<void> {
    const at = Math.max(nextAt, performance.now());
    nextAt = at + 1_000 / perSecond;
    await sleep(at - performance.now(), undefined, stop && { signal: stop });
  }

  const queue = groups.values();
  async function run(): Promise<void> {
    for (const group of queue) {
      try {
        found.set(group.name, await examineGroup(bridge, open, group, connector, turn));
      } catch (error) {
        if (signal?.aborted) return;
        throw error;
      }
      onProgress?.(++done, groups.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return new Map(groups.flatMap(({ name }) => [[name, found.get(name) ?? []]]));
}

async function examineGroup(
  bridge: NatsBridge,
  open: OpenArchived,
  { merchantId, operations }: PaymentGroup,
  connector: string | undefined,
  turn: () => Promise<void>,
): Promise<readonly Finding[]> {
  const all = await Promise.all(operations.map((one) => examine(bridge, open, merchantId, one)));
  const known = all.map((one) => one.known);
  const chosen = all.filter(
    (one) => one.isChosen && (connector === undefined || one.request?.router_data.connector === connector),
  );
  const states = new Map<Question, Promise<ProcessorState>>();
  return Promise.all(
    chosen.map(async (one) => {
      const question = questionOf(one.operation);
      const state: ProcessorState =
        question === undefined
          ? { kind: 'not_asked', why: `no question tells how ${one.operation} ended` }
          : await (states.get(question) ?? asked(question, one));
      return findingOf(merchantId, one, state, judge(one.known, known, state));
    }),
  );

  function asked(question: Question, one: Examined): Promise<ProcessorState> {
    const state = turn().then(() => ask(bridge, question, one, all));
    states.set(question, state);
    return state;
  }
}

async function ask(
  bridge: NatsBridge,
  question: Question,
  one: Examined,
  all: readonly Examined[],
): Promise<ProcessorState> {
  const asking = all.filter(({ operation }) => questionOf(operation) === question);
  const requests = asking.flatMap(({ request }) => request ?? []);
  const newest = requests.pop();
  if (newest === undefined) return { kind: 'not_asked', why: one.unreadable };
  const beginning = asking.findLast(
    ({ operation, entry }) =>
      (operation === 'refund' || operationRow(operation).beginsPayment) && entry?.answer?.transaction_id,
  );
  const answer = beginning?.entry?.answer;
  const { key } = beginning ?? asking[0] ?? one;
  try {
    const asked = { key, id: answer?.transaction_id || undefined, answer };
    const data = dataOfQuestion(question, [...requests, newest], asked);
    return processorStateOf(await bridge.execute(question, data, { isForWorkersAlone: true }));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return { kind: 'not_asked', why: error.message };
  }
}

function findingOf(
  merchantId: string,
  { operation, key, paymentId, at, request, known, entry }: Examined,
  state: ProcessorState,
  judgement: Judgement,
): Finding {
  return {
    merchantId,
    paymentId,
    operation,
    idempotencyKey: key,
    connector: request?.router_data.connector,
    at,
    ledger: known.status,
    processor: state.kind === 'known' ? state.status : state.kind === 'not_known' ? 'not known' : undefined,
    transactionId: entry?.answer?.transaction_id || undefined,
    ...judgement,
  };
}
