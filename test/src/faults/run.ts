/** One run: load and faults side by side, then quiet, then the evidence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsBridge } from '@nats-bridge/connector';
import type { Order } from './ask.js';
import { check, type Findings } from './checker.js';
import { type Call, type Evidence, type Meaning, meaningOf } from './evidence.js';
import { faultsFor, STEPS } from './faults.js';
import { gather } from './gather.js';
import type { Guard } from './guards.js';
import { runLoad } from './load.js';
import { type Plan, planOf } from './plan.js';
import { randomFor } from './random.js';
import { ACK_WAIT_MS, DUPLICATE_WINDOW_MS, type Scene, startScene } from './scene.js';

export type RunOptions = {
  readonly seed: number;
  readonly payments: number;
  /** Kinds of faults and crashes; all when left out. */
  readonly only?: readonly string[];
  readonly without?: Guard;
  readonly isCluster?: boolean;
  readonly hasBackup?: boolean;
  readonly keep?: boolean;
  /** How long the parts may take to come to rest, in milliseconds. Default: two minutes. */
  readonly restLimitMs?: number;
  readonly onProgress?: (line: string) => void;
};

export type Injected = { readonly kind: string; readonly recoversFrom: number };

export type RunResult = {
  readonly seed: number;
  /** Of the plan: the same for the same seed and options. */
  readonly digest: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly findings: Findings;
  /** To the next success of a call begun after it, in milliseconds, by kind. */
  readonly recoveryMs: Readonly<Record<string, readonly number[]>>;
  /** Calls by what they heard. */
  readonly heard: Readonly<Record<Meaning, number>>;
  /** Of those that heard "pending": how many have their answer in the ledger now. */
  readonly lateAnswers: number;
  readonly evidence: Evidence;
};

export function kindsOf(isCluster: boolean): string[] {
  return [...Object.keys(faultsFor(isCluster)), ...STEPS];
}

export async function runOnce(options: RunOptions): Promise<RunResult> {
  const { seed, payments, isCluster = false, hasBackup = false, onProgress = () => {} } = options;
  const wanted = (kind: string) => options.only === undefined || options.only.includes(kind);
  const steps = STEPS.filter(wanted);
  const faults = Object.keys(faultsFor(isCluster)).filter(wanted);
  const plan = planOf({ seed, payments, faults, steps });
  const { without, keep = false } = options;
  const scene = await startScene({ seed, steps, without, isCluster, hasBackup, keep });
  const bridge = new NatsBridge({
    base_url: scene.nats.url(),
    jetstream: {
      num_replicas: scene.nats.servers.length,
      ack_wait: ACK_WAIT_MS,
      max_deliver: 8,
      backup_workers: hasBackup,
      duplicate_window: `${DUPLICATE_WINDOW_MS}ms`,
    },
    connection: { max_reconnects: -1 },
  });
  try {
    const { calls, orders, injected } = await drive(scene, plan, isCluster, onProgress);
    onProgress(`${calls.length} calls; waiting until nothing is under way`);
    const evidence = await gather(scene, bridge, calls, orders, options.restLimitMs);
    const counts: Record<string, number> = Object.fromEntries(scene.steps);
    for (const { kind } of injected) counts[kind] = (counts[kind] ?? 0) + 1;
    const late = calls.filter(
      ({ key, ended, succeedsAs }) =>
        meaningOf(ended, succeedsAs) === 'pending' && evidence.ledger.get(key)?.state === 'answered',
    );
    return {
      seed,
      digest: plan.digest,
      faults: counts,
      findings: check(evidence),
      recoveryMs: recoveries(injected, calls),
      heard: heardBy(calls),
      lateAnswers: late.length,
      evidence,
    };
  } finally {
    await bridge.close();
    await scene.close();
  }
}

async function drive(scene: Scene, plan: Plan, isCluster: boolean, onProgress: (line: string) => void) {
  const calls: Call[] = [];
  const orders = new Map<string, Order>();
  const injected: Injected[] = [];
  const kinds = faultsFor(isCluster);
  const due = [...plan.faults];
  let begun = 0;
  let faulting = Promise.resolve();

  async function inject(kind: string, name: string): Promise<void> {
    const startedAt = Date.now();
    const brokenAt = await kinds[kind]?.(scene, randomFor(name, plan.seed));
    injected.push({ kind, recoversFrom: brokenAt ?? Date.now() });
    onProgress(`${kind} for ${Date.now() - startedAt} ms`);
    await sleep(500);
  }

  await runLoad({
    client: scene.client,
    plan,
    onCall(call, order) {
      calls.push(call);
      orders.set(call.key, order);
    },
    async onPayment() {
      const next = due[0];
      if (begun++ < (next?.atPayment ?? Number.POSITIVE_INFINITY) || next === undefined) return;
      due.shift();
      // One at a time, each with load upon it: who comes to the next one waits for the one before.
      const before = faulting;
      faulting = before.then(() => inject(next.kind, next.name));
      faulting.catch(() => {}); // whoever waits for it hears
      await before;
    },
  });
  await faulting;
  return { calls, orders, injected };
}

function heardBy(calls: readonly Call[]): Record<Meaning, number> {
  const heard = { success: 0, decline: 0, failed: 0, pending: 0, error: 0, other: 0 };
  for (const { ended, succeedsAs } of calls) heard[meaningOf(ended, succeedsAs)]++;
  return heard;
}

function recoveries(injected: readonly Injected[], calls: readonly Call[]): Record<string, number[]> {
  const byKind: Record<string, number[]> = {};
  const succeeded = calls.filter(({ ended, succeedsAs }) => meaningOf(ended, succeedsAs) === 'success');
  for (const { kind, recoversFrom } of injected) {
    const after = succeeded.filter(({ at }) => at >= recoversFrom).map(({ endedAt }) => endedAt);
    if (after.length === 0) continue;
    byKind[kind] ??= [];
    byKind[kind].push(Math.min(...after) - recoversFrom);
  }
  return byKind;
}
