/** What happened to the operations of one payment, put together from every stream that knows of it. */
import { archivedMessage, type StoredRecord, storedMessages } from '@nats-bridge/messaging';
import { AUDIT_STREAM, auditSubject, RECORD_STREAM, recordSubject } from '@nats-bridge/protocol';
import { readAudit } from '../audit/read-audit.js';
import type { LetterIndex } from '../dead-letters/letter-index.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import { type OperationView, operationViewOf } from './operation-view.js';

export type HistoryEvent = {
  /** Milliseconds since the epoch, by the server's clock. */
  readonly at: number;
  readonly kind:
    | 'requested'
    | 'sent'
    | 'claimed'
    | 'answered'
    | 'said_again'
    | 'withdrawn'
    | 'dead_letter'
    | 'action';
  readonly operation: string;
  readonly idempotencyKey: string;
  /** Where it stands. */
  readonly source: { readonly stream: string; readonly seq: number; readonly subject: string };
  readonly worker?: string;
  /** In words; no payment data. */
  readonly detail?: string;
};

/** @returns oldest first */
export async function readPaymentHistory(
  bridge: NatsBridge,
  letters: LetterIndex,
  operations: readonly OperationView[],
): Promise<readonly HistoryEvent[]> {
  const [first] = operations;
  if (first === undefined) return [];
  const keys = new Set(operations.map(({ idempotencyKey }) => idempotencyKey));
  // Nothing was given up, and nobody acted, before it was asked for.
  const since = new Date(Math.min(...operations.map(({ requestedAt, at }) => requestedAt ?? at)));
  const [lives, lettersOfIt, actions] = await Promise.all([
    Promise.all(operations.map((operation) => lifeOf(bridge, operation))),
    letterEvents(letters, first.merchantId, keys, since),
    actionEvents(bridge, first.merchantId, keys, since),
  ]);
  // An action is written down before it is done: in one millisecond it comes first.
  return [...actions, ...lives.flat(), ...lettersOfIt].sort((a, b) => a.at - b.at);
}

/** Its request, and the states that its record has had as far as the stream still has them. */
async function lifeOf(bridge: NatsBridge, view: OperationView): Promise<readonly HistoryEvent[]> {
  const { merchantId, idempotencyKey, operation } = view;
  const events: HistoryEvent[] = [];
  const archive = archiveNameOf(bridge.config);
  const request =
    view.requestSeq === undefined
      ? undefined
      : await archivedMessage(bridge.connection, archive, view.requestSeq).catch(() => undefined);
  if (request !== undefined)
    events.push({
      at: request.storedAt.getTime(),
      kind: 'requested',
      operation,
      idempotencyKey,
      source: { stream: archive, seq: request.seq, subject: request.subject },
    });
  let before: OperationView | undefined;
  const subject = recordSubject(merchantId, idempotencyKey);
  for await (const stored of storedMessages(bridge.connection, RECORD_STREAM, { subject })) {
    const state = operationViewOf(stored, bridge.sealing);
    if (state === undefined || isRenewal(before, state)) continue;
    events.push(eventOf(stored, state, before?.state === 'answered'));
    before = state;
  }
  return events;
}

/** A worker that holds on to what it has writes the same claim again. */
function isRenewal(before: OperationView | undefined, now: OperationView): boolean {
  return (
    now.state === 'claimed' &&
    before?.state === 'claimed' &&
    before.attempts === now.attempts &&
    before.worker === now.worker
  );
}

function eventOf({ subject }: StoredRecord, view: OperationView, wasAnswered: boolean): HistoryEvent {
  const { state, at, operation, idempotencyKey, worker, attempts, status, reason, seq, error } = view;
  const kind = state === 'answered' && wasAnswered ? 'said_again' : state;
  const details = [
    kind === 'claimed' && attempts > 1 && `attempt ${attempts}`,
    kind === 'answered' && status,
    kind === 'answered' && error?.code,
    reason,
  ];
  return {
    at,
    kind,
    operation,
    idempotencyKey,
    source: { stream: RECORD_STREAM, seq, subject },
    ...(worker !== undefined && { worker }),
    detail: details.filter(Boolean).join(', '),
  };
}

async function letterEvents(
  letters: LetterIndex,
  merchantId: string,
  keys: ReadonlySet<string>,
  since: Date,
): Promise<readonly HistoryEvent[]> {
  const found = await letters.list({ merchantId, since });
  return found
    .filter(({ idempotencyKey }) => keys.has(idempotencyKey))
    .map(({ at, operation, idempotencyKey, original, worker, reason, error }) => ({
      at: at.getTime(),
      kind: 'dead_letter',
      operation,
      idempotencyKey,
      source: { stream: original.stream, seq: original.seq, subject: original.subject },
      ...(worker !== undefined && { worker }),
      detail: [reason, error].filter(Boolean).join(', '),
    }));
}

async function actionEvents(
  { connection }: NatsBridge,
  merchantId: string,
  keys: ReadonlySet<string>,
  since: Date,
): Promise<readonly HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (const { seq, at, action, who, why, what } of await readAudit(connection, { since })) {
    const key = String(what.idempotencyKey ?? '');
    if (what.merchantId !== merchantId || !keys.has(key)) continue;
    events.push({
      at: Date.parse(at),
      kind: 'action',
      operation: String(what.operation ?? ''),
      idempotencyKey: key,
      source: { stream: AUDIT_STREAM, seq, subject: auditSubject(action) },
      detail: `${action} by ${who}: ${why}`,
    });
  }
  return events;
}
