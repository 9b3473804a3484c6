/** How much a worker takes, and how much of it against the others of its consumers. */
import { PrioritiesMissingError, serverFeatures } from '@nats-bridge/messaging';

/** Of `WorkerOptions`, where they are explained. */
export type BalanceOptions = {
  readonly concurrency?: number;
  readonly weight?: number;
  readonly priority?: number;
};

export type Balance = {
  readonly concurrency: number;
  readonly weight: number | undefined;
  readonly priority: number;
};

/** A consumer takes 512 open requests in all (NATS, `max_waiting`): thirty workers of the largest weight. */
export const MOST_WEIGHT = 16;
/** NATS ADR-42. */
export const LAST_PRIORITY = 9;

/** @param jetstream false: there are no consumers, and so no priorities @throws TypeError */
export function balanceOf(options: BalanceOptions, jetstream: boolean): Balance {
  const { concurrency = 64, weight, priority = 0 } = options;
  if (!isWholeIn(concurrency, 1, Number.MAX_SAFE_INTEGER))
    throw new TypeError(
      `concurrency ${concurrency} must be a whole number above 0: requests handled at once`,
    );
  if (weight !== undefined && !isWholeIn(weight, 1, Math.min(MOST_WEIGHT, concurrency)))
    throw new TypeError(
      `weight ${weight} must be a whole number from 1 to ${Math.min(MOST_WEIGHT, concurrency)}: at most ${MOST_WEIGHT}, and the concurrency, which is ${concurrency}`,
    );
  if (!isWholeIn(priority, 0, LAST_PRIORITY))
    throw new TypeError(`priority ${priority} must be a whole number from 0, the first, to ${LAST_PRIORITY}`);
  if (priority > 0 && !jetstream)
    throw new TypeError(
      'a backup worker (priority above 0) needs JetStream: subscribers of a queue group have no priorities',
    );
  return { concurrency, weight, priority };
}

/** @param version of the server @throws PrioritiesMissingError for a backup worker on a server that knows none */
export function assertPrioritiesKnown({ priority }: Balance, version: string): void {
  if (priority > 0 && !serverFeatures(version).prioritizedWorkers)
    throw new PrioritiesMissingError(`nats-server ${version} has no priorities for workers`);
}

function isWholeIn(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
