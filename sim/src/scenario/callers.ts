/** Those who call the bridges: what they asked for, and what they heard. */
import { idempotencyKey, type Operation, type Outcome, type RouterData } from '@nats-bridge/protocol';
import type { Actor } from '../actors/actor.js';
import type { SimBridge } from '../actors/sim-bridge.js';
import type { World } from '../world.js';
import { DECLINED_AMOUNT, SIMULATED_OPERATIONS } from './handlers.js';

export type Heard =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** The bridge refused the request as it is: nothing was done for it. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** The bridge died: the caller has only a broken connection. */
  | { readonly kind: 'broken' };

export type Call = {
  readonly id: string;
  readonly key: string;
  readonly operation: Operation;
  readonly amount: number;
  readonly bridge: Actor;
  readonly startedAt: number;
  /** Until when the bridge may wait, by the true time. */
  readonly deadlineAt: number;
  heard?: Heard;
  /** Whether its bridge could read the ledger when it answered. */
  couldLook?: boolean;
  endedAt?: number;
};

export const MERCHANT = 'm1';
/** A bridge that had no trouble with its link for so long could ask the ledger. */
const LOOK_MS = 1_000;

/** One operation that somebody wants done, under one key. */
export type Wish = { readonly operation: Operation; readonly data: RouterData; readonly key: string };

export function wishOf(world: World, number: number): Wish {
  const { random } = world;
  const operation = random.pick(SIMULATED_OPERATIONS);
  const amount = random.chance(0.15) ? DECLINED_AMOUNT : random.int(100, 999);
  const data: RouterData = {
    merchant_id: MERCHANT,
    payment_id: `pay_${number}`,
    attempt_id: `att_${number}`,
    ...(operation === 'refund' && { refund_id: `ref_${number}` }),
    connector: 'sim',
    connector_auth_type: { auth_type: 'NoKey' },
    request: { amount, ...(random.chance(0.3) && { webhook_url: 'https://hyperswitch.test/hook' }) },
    test_mode: true,
  };
  return { operation, data, key: idempotencyKey(operation, data) ?? '' };
}

/** The same key, asking for something else. */
export function withOtherContent({ operation, data, key }: Wish): Wish {
  return { operation, key, data: { ...data, request: { ...data.request, amount: 7 } } };
}

export class Callers {
  readonly calls: Call[] = [];
  readonly #open = new Map<Call, SimBridge>();

  constructor(
    readonly world: World,
    readonly timeoutMs: number,
  ) {}

  get isWaiting(): boolean {
    return this.#open.size > 0;
  }

  call(bridge: SimBridge, wish: Wish, cancelAfterMs?: number): Call {
    const { world, timeoutMs } = this;
    const { scheduler } = world;
    const { operation, key, data } = wish;
    const call: Call = {
      id: `call_${this.calls.length + 1}`,
      key,
      operation,
      amount: Number(data.request.amount),
      bridge: bridge.actor,
      startedAt: scheduler.now,
      deadlineAt: scheduler.now + timeoutMs,
    };
    this.calls.push(call);
    this.#open.set(call, bridge);
    world.count('call');
    world.trace('caller', () => `${call.id} asks ${call.bridge.name} for ${key}, amount ${call.amount}`);
    const cancel = new AbortController();
    if (cancelAfterMs !== undefined) {
      world.count('fault: call cancelled');
      scheduler.in(cancelAfterMs, bridge.actor, () => cancel.abort());
    }
    scheduler.in(0, bridge.actor, () => {
      bridge.bridge
        // The profile takes no part in what is asked for: the handler learns from it which call it runs for.
        .execute(operation, { ...data, profile_id: call.id }, { signal: cancel.signal })
        .then(
          (outcome) => this.#hear(call, { kind: 'outcome', outcome }),
          (error: Error) => this.#hear(call, { kind: 'refused', error }),
        );
    });
    return call;
  }

  /** Those who waited for this bridge hear that it is gone. */
  hangUp(bridge: SimBridge): void {
    for (const [call, of] of [...this.#open]) if (of === bridge) this.#hear(call, { kind: 'broken' });
  }

  #hear(call: Call, heard: Heard): void {
    const bridge = this.#open.get(call);
    if (bridge === undefined) return;
    this.#open.delete(call);
    const { now } = this.world.scheduler;
    const { isCut, lastTroubleAt } = bridge.connection.link;
    call.heard = heard;
    call.endedAt = now;
    call.couldLook = !isCut && lastTroubleAt < now - LOOK_MS && bridge.actor.stoodStillMs === 0;
    const name = heard.kind === 'outcome' ? heard.outcome.kind : heard.kind;
    this.world.count(`caller heard: ${name}`);
    this.world.trace('caller', () => `${call.id} hears ${describe(heard)}`);
  }
}

export function describe(heard: Heard | undefined): string {
  if (heard === undefined) return 'nothing';
  if (heard.kind === 'broken') return 'a broken connection';
  if (heard.kind === 'refused') return `a refusal: ${heard.error.message}`;
  const { outcome } = heard;
  if (outcome.kind === 'answered') return `answered: ${outcome.status} ${outcome.transactionId}`;
  return `${outcome.kind}: ${outcome.error.code} (${outcome.status})`;
}
