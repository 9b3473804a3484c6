/** Looks around for the alerts: keeps what a single look cannot see, how counts have grown and who was there before. */
import type { BrokerFigures, NatsBridge } from '@nats-bridge/connector';
import { createBoundedLabel } from '../metrics/bounded-label.js';
import { MINUTE_MS } from './alert-rule.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { HandlerRuns, Sight, WorkerPresence } from './sight.js';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.js';

/** What is the same at whatever time one asks, from elsewhere. */
export type SeenElsewhere = Pick<Sight, 'isConnected' | 'certificates' | 'figures' | 'breakers'>;

export type Lookout = {
  /** @param now milliseconds since the epoch, never less than before */
  look(seen: SeenElsewhere, now: number): Sight;
};

const REPLIES_MS = 15 * MINUTE_MS;
const WORKERS_MS = 30 * MINUTE_MS;
const HANDLERS_MS = 5 * MINUTE_MS;
/** Names of workers; further ones are seen together. */
const MOST_WORKERS = 64;

type Presence = { readonly worker: string; readonly operation: string; readonly processes: SlidingWindow };
type Process = { readonly operation: string; readonly runs: SlidingWindow; readonly errors: SlidingWindow };

export function createLookout(
  bridge: Pick<NatsBridge, 'stats'>,
  outcomes: Pick<RecentOutcomes, 'within'>,
  begunAt = Date.now(),
): Lookout {
  const replies = {
    late: createSlidingWindow(REPLIES_MS),
    stray: createSlidingWindow(REPLIES_MS),
    refused: createSlidingWindow(REPLIES_MS),
  };
  /** A broker that is silent for a moment has not mended what it said of itself. */
  let said: BrokerFigures | undefined;
  const workers = createWorkerMemory();
  const handlers = createHandlerMemory();

  function addReplies(now: number): void {
    const { late, stray, refusedReplies } = bridge.stats();
    replies.late.add(now, late);
    replies.stray.add(now, stray);
    replies.refused.add(now, refusedReplies);
  }
  addReplies(begunAt); // whatever comes from now on is new

  return {
    look(seen, now) {
      addReplies(now);
      const { figures = said } = seen;
      said = figures && { ...figures, approvalsWaiting: figures.approvalsWaiting ?? said?.approvalsWaiting };
      return {
        ...seen,
        figures: said,
        calls: {
          last5Minutes: outcomes.within(5 * MINUTE_MS),
          last15Minutes: outcomes.within(15 * MINUTE_MS),
        },
        replies: {
          late: replies.late.increase(),
          stray: replies.stray.increase(),
          refused: replies.refused.increase(),
        },
        workers: workers(said, now),
        handlers: handlers(said, now),
      };
    },
  };
}

/** How many processes of each worker answer, beside how many there were. */
function createWorkerMemory() {
  const label = createBoundedLabel(MOST_WORKERS);
  const known = new Map<string, Presence>();
  return (figures: BrokerFigures | undefined, now: number): readonly WorkerPresence[] => {
    if (figures === undefined) return [];
    const alive = new Map<string, number>();
    for (const { worker: name, operation } of figures.workers) {
      const worker = label(name);
      const key = `${worker} ${operation}`;
      alive.set(key, (alive.get(key) ?? 0) + 1);
      if (!known.has(key)) known.set(key, { worker, operation, processes: createSlidingWindow(WORKERS_MS) });
    }
    return [...known].map(([key, { worker, operation, processes }]) => {
      const count = alive.get(key) ?? 0;
      processes.add(now, count);
      return { worker, operation, alive: count, most: processes.most() };
    });
  };
}

/** What the handlers of each process did, added up by operation. */
function createHandlerMemory() {
  const known = new Map<string, Process>();
  return (figures: BrokerFigures | undefined, now: number): readonly HandlerRuns[] => {
    for (const { id, operation, runs, errors } of figures?.workers ?? []) {
      if (runs === undefined) continue;
      const key = `${id} ${operation}`;
      const process = known.get(key) ?? {
        operation,
        runs: createSlidingWindow(HANDLERS_MS),
        errors: createSlidingWindow(HANDLERS_MS),
      };
      known.set(key, process);
      process.runs.add(now, runs);
      process.errors.add(now, errors ?? 0);
    }
    const sums = new Map<string, HandlerRuns>();
    for (const [key, { operation, runs, errors }] of known) {
      if (runs.lastAt() < now - HANDLERS_MS) known.delete(key);
      const sum = sums.get(operation) ?? { operation, runs: 0, errors: 0 };
      sums.set(operation, {
        operation,
        runs: sum.runs + runs.increase(),
        errors: sum.errors + errors.increase(),
      });
    }
    return [...sums.values()];
  };
}
