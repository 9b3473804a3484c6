/** What a person may have done with a letter. */
import type { Approvable, AuditAction } from '@nats-bridge/protocol';

export type Actor = { readonly who: string; readonly why: string };

/** What a person found out of an operation in doubt. */
export type Settled = {
  readonly status: 'success' | 'failure';
  /** The processor's id. */
  readonly transactionId?: string | undefined;
  /** Of a failure; both are shown by Hyperswitch. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
};

export type LetterAction =
  /** Only what was never sent. */
  | { readonly kind: 'retry' }
  /** Also what may have been carried out: the processor was asked, and it was not. */
  | { readonly kind: 'retry_unknown' }
  /** @param patch a JSON merge patch (RFC 7386) of the request that is in `router_data` */
  | { readonly kind: 'edit'; readonly patch: unknown }
  | { readonly kind: 'resolve'; readonly settled: Settled }
  | { readonly kind: 'discard' };

/** An action that was checked, and can be done now. */
export type PreparedAction = {
  /** As the audit calls it. */
  readonly name: AuditAction;
  readonly details: Readonly<Record<string, string | number | undefined>>;
  effect(actor: Actor): Promise<unknown>;
};

/** As the audit calls what takes a letter out of its stream; a proposal is not yet one of them. */
export const TAKES_OUT: readonly string[] = [
  'retry',
  'edit',
  'resolve',
  'discard',
] satisfies readonly LetterAction['kind'][];

/** Whether a second person may be wanted for it. */
export function isApprovable(action: LetterAction): action is LetterAction & { readonly kind: Approvable } {
  return action.kind !== 'retry';
}
