/** What can be done with dead letters: look at them, send them again, settle or discard them; for CLI and console. */
import { storedMessage, storedMessages } from '@nats-bridge/messaging';
import { QUEUE_STREAM, type Queue, type Verdict } from '@nats-bridge/protocol';
import { type Approvals, createApprovals } from '../approvals/approvals.js';
import type { Proposal } from '../approvals/proposal.js';
import { createAudit } from '../audit/audit.js';
import type { NatsBridge } from '../nats-bridge.js';
import { type DeadLetter, parseLetter } from './dead-letter.js';
import { type Actor, isApprovable, type LetterAction, type Settled } from './letter-action.js';
import { createLetterActions } from './letter-actions.js';
import { type LetterFilter, matches, queuesOf } from './letter-filter.js';
import { readVerdictSince } from './verdict-since.js';

/** Where `nats_bridge.approvals` names the action, it waits for a second person instead of being done. */
export type Acted = { readonly kind: 'done' } | { readonly kind: 'proposed'; readonly proposal: Proposal };

export type DeadLetters = {
  /** Newest first. */
  list(filter?: LetterFilter): Promise<DeadLetter[]>;
  get(queue: Queue, seq: number): Promise<DeadLetter | undefined>;
  /** What the ledger says of it now. */
  verdict(letter: DeadLetter): Promise<Verdict>;
  /**
   * Publishes the request again, under its own idempotency key and with a new deadline; the letter is gone then.
   * @param force also where the verdict is `unknown`: the processor was asked, and it has not happened
   * @param patch a JSON merge patch (RFC 7386) of the request that is in `router_data`
   * @throws ValidationError when the verdict forbids it, or keys that it needs are not configured
   */
  retry(letter: DeadLetter, actor: Actor, options?: { force?: boolean; patch?: unknown }): Promise<Acted>;
  /** @throws ValidationError as `retry` of the letter as it is would, and changes nothing */
  checkRetry(letter: DeadLetter, options?: { force?: boolean }): Promise<void>;
  /** Writes the outcome into the ledger, where the next sync finds it. @throws ValidationError when it has one, or without keys */
  resolve(letter: DeadLetter, actor: Actor, settled: Settled): Promise<Acted>;
  discard(letter: DeadLetter, actor: Actor): Promise<Acted>;
  readonly approvals: Approvals;
  close(): void;
};

export function createDeadLetters(bridge: NatsBridge): DeadLetters {
  const { config, connection } = bridge;
  const audit = createAudit(connection, bridge.auditSigner);
  const actions = createLetterActions(bridge, audit);
  const approvals = createApprovals(bridge, { actions, audit, letter: get });

  async function list(filter: LetterFilter = {}): Promise<DeadLetter[]> {
    const verdictSince = await readVerdictSince(connection, config);
    const found: DeadLetter[] = [];
    for (const queue of queuesOf(filter))
      for await (const stored of storedMessages(connection, QUEUE_STREAM[queue], { since: filter.since })) {
        const letter = verdictSince(parseLetter(queue, stored));
        if (matches(letter, filter)) found.push(letter);
      }
    return found.sort((a, b) => b.at.getTime() - a.at.getTime());
  }

  async function get(queue: Queue, seq: number): Promise<DeadLetter | undefined> {
    const stored = await storedMessage(connection, QUEUE_STREAM[queue], seq);
    return stored && (await readVerdictSince(connection, config))(parseLetter(queue, stored));
  }

  async function act(letter: DeadLetter, action: LetterAction, actor: Actor): Promise<Acted> {
    if (isApprovable(action) && approvals.isRequired(action.kind))
      return { kind: 'proposed', proposal: await approvals.propose(letter, action, actor) };
    await actions.carryOut(letter, action, actor);
    return { kind: 'done' };
  }

  return {
    list,
    get,
    approvals,
    verdict: actions.verdict,
    checkRetry: (letter, { force = false } = {}) =>
      actions.check(letter, { kind: force ? 'retry_unknown' : 'retry' }),
    retry(letter, actor, { force = false, patch } = {}) {
      if (patch !== undefined) return act(letter, { kind: 'edit', patch }, actor);
      return act(letter, { kind: force ? 'retry_unknown' : 'retry' }, actor);
    },
    resolve: (letter, actor, settled) => act(letter, { kind: 'resolve', settled }, actor),
    discard: (letter, actor) => act(letter, { kind: 'discard' }, actor),
    close() {
      approvals.close();
      actions.close();
      audit.close();
    },
  };
}
