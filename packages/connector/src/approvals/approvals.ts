/**
 * Actions that need a second person: kept until another agrees, then carried out once. Each change is made on condition
 * that the last one still is what was looked at, so of two who decide at the same time, over whichever bridges, one does.
 */
import { RecordChangedError } from '@nats-bridge/messaging';
import {
  type Approvable,
  type ApprovalEvent,
  type AuditAction,
  isOpenApproval,
  isoTime,
  maskPatch,
  type Queue,
  stepApproval,
  ValidationError,
} from '@nats-bridge/protocol';
import type { Audit } from '../audit/audit.js';
import { durationMs } from '../config/duration.js';
import type { DeadLetter } from '../dead-letters/dead-letter.js';
import type { Actor, LetterAction } from '../dead-letters/letter-action.js';
import { type LetterActions, whatOf } from '../dead-letters/letter-actions.js';
import { letterGone, letterName } from '../dead-letters/letter-name.js';
import type { NatsBridge } from '../nats-bridge.js';
import {
  factsOf,
  firstSeqOf,
  type Kept,
  type KeptAt,
  type Proposal,
  proposalId,
  proposalOf,
} from './proposal.js';
import { createProposalStore } from './proposal-store.js';
import { openPatch, sealPatch } from './sealed-patch.js';

export type Approvals = {
  /** Whether `nats_bridge.approvals.required_for` names it. */
  isRequired(action: Approvable): boolean;
  /** Newest first, the decided ones too. */
  list(): Promise<Proposal[]>;
  get(id: string): Promise<Proposal | undefined>;
  /** What an edit would change, masked; undefined of other actions, and where the bridge cannot open it. */
  shownPatch(id: string): Promise<unknown>;
  /** @throws ValidationError when the action is not possible now, or another waits for the same letter */
  propose(letter: DeadLetter, action: LetterAction & { kind: Approvable }, actor: Actor): Promise<Proposal>;
  /**
   * Agrees, and carries it out, by what the ledger says then.
   * @throws ValidationError when it is his own, decided, expired or unknown, or cannot be carried out any more; when
   * it is for a bridge with keys to carry it out, it waits on
   */
  approve(id: string, actor: Actor): Promise<Proposal>;
  /** Also by who proposed it. @throws ValidationError when it is decided, expired or unknown */
  refuse(id: string, actor: Actor): Promise<Proposal>;
  close(): void;
};

type ApprovalsWorld = {
  readonly actions: LetterActions;
  readonly audit: Audit;
  letter(queue: Queue, seq: number): Promise<DeadLetter | undefined>;
};

export function createApprovals(
  { config, connection, sealing }: NatsBridge,
  { actions, audit, letter: letterAt }: ApprovalsWorld,
  now = Date.now,
): Approvals {
  const { required_for, expires_after } = config.approvals;
  const proposals = createProposalStore(connection, required_for.length > 0, now);

  /** @throws ValidationError when the rule forbids it, or somebody was quicker */
  async function change(id: string, event: ApprovalEvent, actor: Actor): Promise<KeptAt> {
    const last = await proposals.find(id);
    if (last === undefined)
      throw new ValidationError(`there is no proposal ${id}: it never was, or is too old`);
    const step = stepApproval(factsOf(last), event, now());
    if (step.kind === 'forbidden') throw new ValidationError(`proposal ${id} ${step.why}`);
    const decided = { ...actor, at: isoTime(now()) };
    const next = { ...last.kept, proposal: firstSeqOf(last), state: step.state, decided };
    try {
      return await proposals.write(next, last.seq);
    } catch (error) {
      if (error instanceof RecordChangedError)
        throw new ValidationError(`proposal ${id} was decided by somebody else at the same moment`);
      throw error;
    }
  }

  /** Of who approved it; nobody else writes after him. */
  const closed = ({ kept, seq }: KeptAt, outcome: Pick<Kept, 'state' | 'failure'>) =>
    proposals.write({ ...kept, ...outcome }, seq);

  async function audited(action: AuditAction, one: KeptAt, actor: Actor): Promise<void> {
    const { kept } = one;
    const { queue, merchant_id: merchantId, operation, payment_id: paymentId } = kept;
    const what = {
      queue,
      seq: kept.seq,
      merchantId,
      operation,
      paymentId,
      idempotencyKey: kept.idempotency_key,
    };
    const proposal = { approval: proposalId(one), proposed: kept.action, by: kept.proposed.who };
    await audit.append({ action, ...actor, what: { ...what, ...proposal } });
  }

  function actionOf(kept: Kept): LetterAction {
    if (kept.action === 'edit') return { kind: 'edit', patch: openPatch(sealing, kept) ?? {} };
    if (kept.action !== 'resolve') return { kind: kept.action };
    if (kept.settled === undefined) throw new ValidationError('the proposal does not say what it was');
    return { kind: 'resolve', settled: kept.settled };
  }

  return {
    isRequired: (action) => required_for.includes(action),
    async list() {
      const at = now();
      return [...(await proposals.all()).values()]
        .map((one) => proposalOf(one, at))
        .sort((a, b) => b.proposed.at.getTime() - a.proposed.at.getTime());
    },
    async get(id) {
      const found = await proposals.find(id);
      return found && proposalOf(found, now());
    },
    async shownPatch(id) {
      const found = await proposals.find(id);
      try {
        return found?.kept.patch && maskPatch(found.kept.operation, openPatch(sealing, found.kept));
      } catch (error) {
        if (error instanceof ValidationError) return undefined; // sealed for other keys than this bridge has
        throw error;
      }
    },

    async propose(letter, action, actor) {
      await actions.check(letter, action);
      const { queue, seq } = letter;
      const { last, lastSeq } = await proposals.newest(queue, seq);
      const at = now();
      if (last !== undefined && isOpenApproval(factsOf(last), at))
        throw new ValidationError(
          `letter ${letterName(letter)} has a proposal already, ${proposalOf(last, at).id} by ${last.kept.proposed.who}: decide that first`,
        );
      const settled = action.kind === 'resolve' ? action.settled : undefined;
      await audit.append({
        action: 'propose',
        ...actor,
        what: {
          ...whatOf(letter),
          proposed: action.kind,
          status: settled?.status,
          transaction: settled?.transactionId,
        },
      });
      const kept: Kept = {
        state: 'waiting',
        action: action.kind,
        queue,
        seq,
        merchant_id: letter.merchantId,
        operation: letter.operation,
        payment_id: letter.paymentId,
        idempotency_key: letter.idempotencyKey,
        proposed: { ...actor, at: isoTime(at) },
        expires_at: isoTime(at + durationMs(expires_after)),
        settled,
        patch: action.kind === 'edit' ? sealPatch(sealing, letter, action.patch) : undefined,
      };
      try {
        return proposalOf(await proposals.write(kept, lastSeq), at);
      } catch (error) {
        if (error instanceof RecordChangedError)
          throw new ValidationError(
            `somebody else proposed something for letter ${letterName(letter)} at the same moment`,
          );
        throw error;
      }
    },

    async approve(id, actor) {
      const found = await proposals.find(id);
      if (found !== undefined) {
        const { queue, seq, action } = found.kept;
        const letter = await letterAt(queue, seq);
        if (letter !== undefined) await actions.assertHasKeys(letter, action);
      }
      const approved = await change(id, { kind: 'approve', who: actor.who }, actor);
      const { queue, seq, proposed, idempotency_key } = approved.kept;
      await audited('approve', approved, actor);
      try {
        const letter = await letterAt(queue, seq);
        if (letter === undefined || letter.idempotencyKey !== idempotency_key)
          throw letterGone({ queue, seq });
        const { who, why } = proposed;
        await actions.carryOut(letter, actionOf(approved.kept), { who, why }, { id, by: actor.who });
      } catch (error) {
        const failure = reasonNotDone(error);
        // Of anything else nobody knows whether it was carried out, and it is left as approved.
        if (failure === undefined) throw error;
        await closed(approved, { state: 'failed', failure });
        throw new ValidationError(failure, { cause: error });
      }
      return proposalOf(await closed(approved, { state: 'done' }), now());
    },

    async refuse(id, actor) {
      const refused = await change(id, { kind: 'refuse', who: actor.who }, actor);
      await audited('refuse', refused, actor);
      return proposalOf(refused, now());
    },
    close: () => proposals.close(),
  };
}

/** Of errors that say that nothing was done. */
function reasonNotDone(error: unknown): string | undefined {
  if (error instanceof ValidationError) return error.message;
  if (error instanceof RecordChangedError)
    return 'the operation changed at the same moment: look at it again';
  return undefined;
}
