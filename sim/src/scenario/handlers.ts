/**
 * What the workers do: handlers that look before they charge again, one whose processor honours the key, and those of
 * workers that keep no records and never look.
 */
import type { BridgeRequest, Operation } from '@nats-bridge/protocol';
import type { HandlerContext, HandlerResponse, Handlers } from '@nats-bridge/worker';
import type { Actor } from '../actors/actor.js';
import type { Entry, Processor } from '../actors/processor.js';
import type { RecordlessHandler } from '../actors/recordless-worker.js';
import type { World } from '../world.js';

/** The processor of these honours the idempotency key, so their handler does not look. */
const HONOURS_KEY: ReadonlySet<Operation> = new Set(['capture']);
export const SIMULATED_OPERATIONS: readonly Operation[] = ['authorize', 'capture', 'refund'];

export function looksBeforeCharging(operation: Operation): boolean {
  return !HONOURS_KEY.has(operation);
}

/** Amounts that the processor declines. */
export const DECLINED_AMOUNT = 13;

/** How handlers fare. */
export type Fortune = {
  readonly slow: { chance: number; ms: number };
  readonly fail: { chance: number };
};

export function handlersOf(world: World, processor: Processor, by: Actor, options: Fortune): Handlers {
  async function handle(request: BridgeRequest, context: HandlerContext): Promise<HandlerResponse> {
    const { idempotencyKey: key, attempt, operation } = context;
    const callId = request.router_data.profile_id ?? '';
    world.count(`handler: attempt ${Math.min(attempt, 3)}${attempt > 2 ? ' or later' : ''}`);
    world.trace(by, () => `runs ${key}, attempt ${attempt}`);
    const looks = looksBeforeCharging(operation);
    if (looks && attempt > 1) {
      const before = await processor.lookUp(key, by);
      if (before !== undefined) {
        world.count('handler: found what an earlier attempt did');
        return answerOf(before);
      }
    }
    if (world.random.chance(options.fail.chance)) throw new Error('fails before the effect');
    const isCharge = request.router_data.request.amount !== DECLINED_AMOUNT;
    const asked = { key, operation, isCharge, callId, attempt, worker: by.name };
    const entry = await processor.charge(asked, { honoursKey: !looks, by });
    // Slow after the effect: what makes a handler outlive its lease, and its caller's patience.
    if (world.random.chance(options.slow.chance)) {
      world.count('fault: handler slow');
      await new Promise((resolve) => setTimeout(resolve, world.random.between(0, options.slow.ms)));
    }
    if (world.random.chance(options.fail.chance)) throw new Error('fails after the effect');
    return answerOf(entry);
  }
  return Object.fromEntries(SIMULATED_OPERATIONS.map((operation) => [operation, handle]));
}

export function recordlessHandlerOf(
  world: World,
  processor: Processor,
  by: Actor,
  { slow, fail }: Fortune,
): RecordlessHandler {
  const linger = async () => {
    if (!world.random.chance(slow.chance / 2)) return;
    world.count('fault: handler slow');
    await new Promise((resolve) => setTimeout(resolve, world.random.between(0, slow.ms)));
  };
  return async ({ operation, key, callId, amount, given }) => {
    world.count('handler: without records');
    world.trace(by, () => `runs ${key}, without looking`);
    await linger();
    if (world.random.chance(fail.chance)) throw new Error('fails before the effect');
    const isCharge = amount !== DECLINED_AMOUNT;
    const asked = { key, operation, isCharge, callId, attempt: 1, worker: by.name, given };
    const entry = await processor.charge(asked, { honoursKey: !looksBeforeCharging(operation), by });
    await linger();
    if (world.random.chance(fail.chance)) throw new Error('fails after the effect');
    return answerOf(entry);
  };
}

function answerOf({ id, isCharge }: Entry): HandlerResponse {
  if (isCharge) return { status: 'success', transaction_id: id };
  // In the words in which a worker refuses a delivery: it is an answer all the same.
  return { status: 'failure', transaction_id: id, error: { code: 'CONFLICT', message: 'Declined' } };
}
