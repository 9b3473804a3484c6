/** A rule of the contract, and what is found of a worker that was asked to keep it. */
import type { Stage } from './stage.js';
import type { WorkerKind } from './worker-kind.js';

export type Rule = {
  /** As reports name it. */
  readonly name: string;
  /** What is demanded, in a sentence. */
  readonly demands: string;
  /** Where that stands: a page of the documentation and its paragraph. */
  readonly paragraph: string;
  /** What to do when it is broken. */
  readonly mend: string;
  /** Of which workers it is demanded. */
  readonly of: readonly WorkerKind[];
  /** Of which requests: those that move money, or all. */
  readonly requests: 'all' | 'that move money';
  check(stage: Stage): Promise<Finding>;
};

export type Finding =
  | { readonly result: 'kept' }
  | { readonly result: 'broken'; readonly why: string }
  /** It could not be seen here. */
  | { readonly result: 'not_tried'; readonly why: string };

export const KEPT: Finding = { result: 'kept' };

export function broken(why: string): Finding {
  return { result: 'broken', why };
}

export function notTried(why: string): Finding {
  return { result: 'not_tried', why };
}

export const ALL_WORKERS: readonly WorkerKind[] = ['guarded', 'disciplined', 'responding', 'core'];
