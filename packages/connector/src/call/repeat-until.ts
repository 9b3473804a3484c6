/** How long a request that moves money may be published again, where nobody but the stream recognises a repeat. */
import type { BridgeConfig } from '../config/bridge-config.js';
import { durationMs } from '../config/duration.js';
import type { Exchange } from './exchange.js';

/** Of the duplicate window. What is written to a connection that hangs may arrive as much later as the rest of it. */
const SHARE = 0.5;

/** @returns milliseconds since the epoch */
export type RepeatUntil = (exchange: Exchange) => number;

/**
 * Counted from the first publication. Without an end for questions, and for workers that keep records: they know a
 * repeat whenever it comes.
 */
export function createRepeatUntil({ jetstream }: BridgeConfig, now: () => number = Date.now): RepeatUntil {
  const repeatMs = SHARE * durationMs(jetstream.duplicate_window);
  return ({ row, workers, marks }) => {
    if (!row.movesMoney || workers === 'guarded') return Number.POSITIVE_INFINITY;
    const { at, begunAt, sentAt } = marks;
    return repeatMs + (sentAt === undefined ? now() : at + (sentAt - begunAt));
  };
}
