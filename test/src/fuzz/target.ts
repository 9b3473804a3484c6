/** A door that is fuzzed, and what may be wrong with what comes out of it. */
import { coin, type Random, randomOf } from '../faults/random.js';

export type TargetName = 'grpc' | 'replies' | 'sockets';

export type Target = {
  readonly name: TargetName;
  readonly concurrency: number;
  /** Gives one input and says in a word what became of it. @throws Finding */
  one(index: number): Promise<string>;
  close(): Promise<void> | void;
};

/** Something that must not happen. */
export class Finding extends Error {}

/** Chance for one input, the same whenever it is played again. */
export function randomFor(target: TargetName, seed: number, index: number): Random {
  return randomOf(Math.floor(coin(`${target} ${index}`, seed) * 4_294_967_296));
}

/** The longest that anything may take, in milliseconds; the bridge's own limit is far below. */
export const HANGS_AFTER_MS = 10_000;
