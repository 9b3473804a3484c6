/** The mixed load: the payments of a plan in its lanes, each an authorize and what may follow it, some asked for twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UcsClient } from '@nats-bridge/gateway/client';
import { type Order, orderOf, place } from './ask.js';
import { type Call, meaningOf } from './evidence.js';
import type { PaymentPlan, Plan, RepeatKind } from './plan.js';
import { DUPLICATE_WINDOW_MS } from './scene.js';

export type LoadOptions = {
  readonly client: UcsClient;
  readonly plan: Plan;
  onCall(call: Call, order: Order): void;
  /** Before each payment. */
  onPayment(number: number): Promise<void> | void;
};

/** The processor has it in hand by then, and the stream has forgotten its message id. */
const DURING_MS = DUPLICATE_WINDOW_MS * 2;
const LATER_MS = 3_000;

export async function runLoad({ client, plan, onCall, onPayment }: LoadOptions): Promise<void> {
  const later: Promise<void>[] = [];

  async function call(order: Order, turn: number): Promise<Call> {
    const heard = await place(client, order, turn);
    onCall(heard, order);
    return heard;
  }

  /** @returns the processor's id, when the first call heard of a success */
  async function step(order: Order, repeat: RepeatKind | undefined): Promise<string | undefined> {
    const beside =
      repeat === 'beside' || repeat === 'during'
        ? sleep(repeat === 'during' ? DURING_MS : 0).then(() => call(order, 1))
        : undefined;
    const { ended, succeedsAs } = await call(order, 0);
    await beside;
    if (repeat === 'after') await call(order, 1);
    if (repeat === 'later') later.push(sleep(LATER_MS).then(async () => void (await call(order, 1))));
    const isDone = meaningOf(ended, succeedsAs) === 'success';
    return isDone && ended.kind === 'answered' ? ended.id : undefined;
  }

  async function payment(of: PaymentPlan): Promise<void> {
    await sleep(of.pauseMs);
    await onPayment(of.number);
    const [first, second] = of.repeats;
    const id = await step(orderOf('authorize', of), first);
    if (id !== undefined && of.next !== undefined) await step(orderOf(of.next, of, id), second);
  }

  await Promise.all(
    plan.lanes.map(async (lane) => {
      for (const of of lane) await payment(of);
    }),
  );
  await Promise.all(later);
}
