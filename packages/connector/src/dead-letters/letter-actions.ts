/** Carries out what a person wants done with a letter: checked against the ledger, written into the audit, done. */
import { createRecordStore, createRecordWriter, deleteStored, storedMessage } from '@nats-bridge/messaging';
import {
  QUEUE_STREAM,
  RECORD_STREAM,
  recordSubject,
  ValidationError,
  type Verdict,
} from '@nats-bridge/protocol';
import type { Audit } from '../audit/audit.js';
import type { NatsBridge } from '../nats-bridge.js';
import { createReadCallInLetter } from './call-in-letter.js';
import type { DeadLetter } from './dead-letter.js';
import { lackingKeys } from './lacking-keys.js';
import type { Actor, LetterAction, PreparedAction } from './letter-action.js';
import { letterGone, letterName } from './letter-name.js';
import { prepareResolve } from './resolve-letter.js';
import { createSendAgain } from './send-again.js';
import { readVerdictNow } from './verdict-now.js';

/** Who agreed, where a second person had to. */
export type Approval = { readonly id: string; readonly by: string };

export type LetterActions = {
  /** What the ledger says of it now. */
  verdict(letter: DeadLetter): Promise<Verdict>;
  /**
   * @throws ValidationError when the letter or its record is signed or sealed, and this bridge has no keys for it:
   * workers would refuse what it sends, and gateways what it records
   */
  assertHasKeys(letter: DeadLetter, kind: LetterAction['kind']): Promise<void>;
  /** @throws ValidationError when the ledger forbids it, or the letter has not what it needs */
  check(letter: DeadLetter, action: LetterAction): Promise<void>;
  /** Checks it, writes it into the audit, does it, and takes the letter off the list. @throws as `check` does */
  carryOut(letter: DeadLetter, action: LetterAction, actor: Actor, approval?: Approval): Promise<void>;
  close(): void;
};

export function createLetterActions(bridge: NatsBridge, audit: Audit): LetterActions {
  const { config, connection, lateAnswers, ledger } = bridge;
  const writer = createRecordWriter(connection);
  const records = createRecordStore(connection, { stream: RECORD_STREAM, writer });
  const prepareSendAgain = createSendAgain(bridge, writer);
  const readCall = createReadCallInLetter(bridge);

  async function assertHasKeys(letter: DeadLetter, kind: LetterAction['kind']): Promise<void> {
    if (kind === 'discard') return;
    const { merchantId, idempotencyKey, requestHeaders } = letter;
    const record =
      idempotencyKey === '' ? undefined : await records.read(recordSubject(merchantId, idempotencyKey));
    const why = lackingKeys(config, requestHeaders) ?? (record && lackingKeys(config, record.headers));
    if (why !== undefined)
      throw new ValidationError(
        `letter ${letterName(letter)} ${why}: nobody would believe what became of it. Nothing was changed: use the admin API or the console of a gateway that has the keys, or give the bridge's seeds to whoever runs this`,
      );
  }

  async function tellCaller(letter: DeadLetter): Promise<void> {
    const call = await readCall(letter);
    if (call !== undefined) await lateAnswers.remember(call, letter.retry);
  }

  /** Who acts may have looked a while ago: what another has settled or discarded since is not sent. */
  async function assertIsThere(letter: DeadLetter): Promise<void> {
    const stored = await storedMessage(connection, QUEUE_STREAM[letter.queue], letter.seq);
    if (stored?.storedAt.getTime() === letter.at.getTime()) return;
    throw letterGone(letter);
  }

  async function prepare(letter: DeadLetter, action: LetterAction): Promise<PreparedAction> {
    await assertHasKeys(letter, action.kind);
    switch (action.kind) {
      case 'retry':
        return prepareSendAgain(letter);
      case 'retry_unknown':
        return prepareSendAgain(letter, { isForced: true });
      case 'edit':
        return prepareSendAgain(letter, { patch: action.patch });
      case 'resolve':
        return prepareResolve(ledger, letter, action.settled, () => tellCaller(letter));
      case 'discard': {
        const { verdict } = await readVerdictNow(bridge, letter);
        return { name: 'discard', details: { verdict }, effect: async () => {} };
      }
    }
  }

  return {
    verdict: async (letter) => (await readVerdictNow(bridge, letter)).verdict,
    assertHasKeys,
    async check(letter, action) {
      await prepare(letter, action);
    },
    async carryOut(letter, action, actor, approval) {
      const { name, details, effect } = await prepare(letter, action);
      await assertIsThere(letter);
      const agreed = approval && { approval: approval.id, approved_by: approval.by };
      await audit.append({ action: name, ...actor, what: { ...whatOf(letter), ...details, ...agreed } });
      await effect(actor);
      await deleteStored(connection, QUEUE_STREAM[letter.queue], letter.seq);
    },
    close: () => writer.close(),
  };
}

/** A letter as the audit names it. */
export function whatOf({ queue, seq, merchantId, operation, paymentId, idempotencyKey }: DeadLetter) {
  return { queue, seq, merchantId, operation, paymentId, idempotencyKey };
}
