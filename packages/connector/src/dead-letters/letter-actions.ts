/** Carries out what a person wants done with a letter: checked against the ledger, written into the audit, done. */
import {
  BodyUnavailableError,
  createBodyReferences,
  createRecordStore,
  createRecordWriter,
  deleteStored,
  RecordChangedError,
  serverFeatures,
} from '@nats-bridge/messaging';
import {
  type AuditAction,
  BODY_BUCKET,
  type BridgeResponse,
  decodeMessage,
  encodeBody,
  fingerprintOf,
  HEADER,
  headerText,
  isOperation,
  mergePatch,
  movesMoney,
  type NewRecord,
  type Operation,
  type OperationRecord,
  operationRow,
  parseRequest,
  QUEUE_STREAM,
  RECORD_STREAM,
  recordSubject,
  TTL_HEADER,
  ValidationError,
  type Verdict,
  verdictOf,
} from '@nats-bridge/protocol';
import type { Audit } from '../audit/audit.js';
import { timeoutOf } from '../config/bridge-config.js';
import type { NotedCall } from '../late-answers/late-note.js';
import { encodeAnswer } from '../ledger/answer.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import { secondsToLive } from '../message.js';
import type { NatsBridge } from '../nats-bridge.js';
import { isAnybodyThereFor } from '../presence/workers-there.js';
import { type SealableRequest, sealedAnew } from '../sealing/bridge-sealing.js';
import type { DeadLetter } from './dead-letter.js';
import { lackingKeys } from './lacking-keys.js';
import type { Actor, LetterAction, Settled } from './letter-action.js';
import { readVerdictSince } from './verdict-since.js';

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

type Prepared = {
  /** As the audit calls it. */
  readonly name: AuditAction;
  readonly details: Readonly<Record<string, string | number | undefined>>;
  effect(actor: Actor): Promise<unknown>;
};

export function createLetterActions(bridge: NatsBridge, audit: Audit): LetterActions {
  const { config, connection, lateAnswers, ledger, sealing } = bridge;
  const writer = createRecordWriter(connection);
  const records = createRecordStore(connection, { stream: RECORD_STREAM, writer });
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });

  async function entryOf({ merchantId, idempotencyKey }: DeadLetter): Promise<LedgerEntry | undefined> {
    return idempotencyKey === '' ? undefined : ledger.findLatest(merchantId, idempotencyKey);
  }

  async function assertHasKeys(letter: DeadLetter, kind: LetterAction['kind']): Promise<void> {
    if (kind === 'discard') return;
    const { merchantId, idempotencyKey, requestHeaders, seq } = letter;
    const record =
      idempotencyKey === '' ? undefined : await records.read(recordSubject(merchantId, idempotencyKey));
    const why = lackingKeys(config, requestHeaders) ?? (record && lackingKeys(config, record.headers));
    if (why !== undefined)
      throw new ValidationError(
        `letter ${seq} ${why}: nobody would believe what became of it. Nothing was changed: use the admin API or the console of a gateway that has the keys, or give the bridge's seeds to whoever runs this`,
      );
  }

  async function verdictNow(letter: DeadLetter, entry: LedgerEntry | undefined): Promise<Verdict> {
    const verdictSince = await readVerdictSince(connection, config);
    return verdictSince({ ...letter, verdict: verdictBy(entry, letter) }).verdict;
  }

  async function preparedRetry(letter: DeadLetter, isForced: boolean, patch?: unknown): Promise<Prepared> {
    const entry = await entryOf(letter);
    const now = await verdictNow(letter, entry);
    if (now === 'unknown') assertUnanswered(letter, entry);
    assertMayRetry(letter, now, isForced);
    const { operation, original, requestHeaders } = letter;
    if (!isOperation(operation) || original.subject === '' || letter.body.length === 0)
      throw new ValidationError(
        `letter ${letter.seq} has no request that could be sent: its original was gone, or never was one`,
      );
    await assertIsTaken(letter, operation);
    const retry = letter.retry + 1;
    const deadlineAt = Date.now() + timeoutOf(config, operation);
    const { info } = await connection.get();
    const headers = {
      ...requestHeaders,
      [HEADER.retry]: String(retry),
      [HEADER.deadline]: String(deadlineAt),
      [HEADER.msgId]: `${original.msgId}:retry:${retry}`,
      ...(serverFeatures(info?.version ?? '').perMessageTtl && {
        // Whoever takes it may keep records, and is then asked again what became of it.
        [TTL_HEADER]: `${secondsToLive(deadlineAt, true, config)}s`,
      }),
    };
    const kept = { subject: original.subject, body: await wholeBody(letter), headers: requestHeaders };
    let call: NotedCall | undefined;
    const sent = sealedAnew(sealing, letter.merchantId, kept, headers, (opened) => {
      const body = patch === undefined ? opened.body : patched(letter, opened, patch);
      call = callIn(letter, { ...opened, body });
      return body;
    });
    return {
      name: patch === undefined ? 'retry' : 'edit',
      details: { verdict: now, retry, edited: patch === undefined ? undefined : 'yes' },
      async effect() {
        await announce(letter, entry?.record, { retry, deadlineAt }, call);
        // Its caller heard another answer long ago, and is told of this one.
        if (call !== undefined) await lateAnswers.remember(call, retry);
        const { body, headers } = bodies.isReference(requestHeaders) ? await putAway(sent) : sent;
        await writer.write(original.subject, body, headers);
      },
    };
  }

  /** Where nobody takes it, it would leave the stream again, and be in doubt as if somebody had. */
  async function assertIsTaken(
    { seq, merchantId, original }: DeadLetter,
    operation: Operation,
  ): Promise<void> {
    const isTaken = await isAnybodyThereFor(connection, config, { operation, merchantId, ...original });
    if (isTaken) return;
    throw new ValidationError(
      `no worker is there for ${operation}, which letter ${seq} asks for: nothing was sent; start one, then retry it`,
    );
  }

  /**
   * Whoever takes it may keep no record, and it may be nobody: should no answer come this time either, there is another
   * letter, and its verdict does not call it never sent.
   */
  async function announce(
    { seq: letterSeq, merchantId, idempotencyKey, operation, paymentId, requestHeaders }: DeadLetter,
    last: OperationRecord | undefined,
    again: Pick<OperationRecord, 'retry' | 'deadlineAt'>,
    call: NotedCall | undefined,
  ): Promise<void> {
    if (idempotencyKey === '' || !movesMoney(operation)) return;
    const isOpen = last?.state === 'sent' || last?.state === 'claimed';
    const record: NewRecord = isOpen
      ? last
      : {
          state: 'sent',
          operation,
          paymentId,
          correlationId: headerText(requestHeaders, HEADER.correlationId),
          fingerprint: call && fingerprintOf(call.data),
          by: config.connection_name,
          retry: 0,
        };
    try {
      const announced = { ...record, ...again, requestedAt: Date.now() };
      await ledger.write(merchantId, idempotencyKey, announced, last?.seq ?? 0);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      throw new ValidationError(
        `${idempotencyKey} of letter ${letterSeq} has just been taken up or answered: nothing was sent; look again`,
        { cause: error },
      );
    }
  }

  /** Also where it lies in the object store: it is signed and sealed as a whole. */
  async function wholeBody({ seq, body, requestHeaders: headers }: DeadLetter): Promise<Uint8Array> {
    try {
      return await bodies.resolveBody({ body, headers });
    } catch (error) {
      if (!(error instanceof BodyUnavailableError)) throw error;
      throw new ValidationError(
        `letter ${seq} was too large for a message, and its body cannot be fetched: ${error.message}. Send it again at the admin API or the console of a gateway, or with the bridge's credentials`,
        { cause: error },
      );
    }
  }

  async function putAway({
    body,
    headers,
  }: SealableRequest): Promise<Pick<SealableRequest, 'body' | 'headers'>> {
    const reference = await bodies.store(body);
    return { body: reference.body, headers: { ...headers, ...reference.headers } };
  }

  async function preparedResolve(letter: DeadLetter, settled: Settled): Promise<Prepared> {
    const { merchantId, idempotencyKey, operation, paymentId } = letter;
    if (idempotencyKey === '')
      throw new ValidationError(`letter ${letter.seq} has no idempotency key: nobody could find its outcome`);
    const entry = await entryOf(letter);
    if (entry?.answer !== undefined)
      throw new ValidationError(
        `${idempotencyKey} has an answer already; a sync gives it: discard the letter`,
      );
    if (entry?.isUnavailable)
      throw new ValidationError(
        `${idempotencyKey} has an answer already, which could not be fetched just now: try again`,
      );
    assertNotInHand(entry?.record, idempotencyKey);
    const record = {
      ...entry?.record,
      state: 'answered',
      operation,
      paymentId,
      retry: letter.retry,
      leaseUntil: undefined,
    } as const;
    return {
      name: 'resolve',
      details: { status: settled.status, transaction: settled.transactionId },
      effect: ({ who }) =>
        ledger.write(
          merchantId,
          idempotencyKey,
          { ...record, by: `operator ${who}` },
          entry?.record.seq ?? 0,
          encodeAnswer(answerOf(settled)),
        ),
    };
  }

  async function prepared(letter: DeadLetter, action: LetterAction): Promise<Prepared> {
    await assertHasKeys(letter, action.kind);
    switch (action.kind) {
      case 'retry':
      case 'retry_unknown':
        return preparedRetry(letter, action.kind === 'retry_unknown');
      case 'edit':
        return preparedRetry(letter, false, action.patch);
      case 'resolve':
        return preparedResolve(letter, action.settled);
      case 'discard':
        return {
          name: 'discard',
          details: { verdict: await verdictNow(letter, await entryOf(letter)) },
          effect: async () => {},
        };
    }
  }

  return {
    verdict: async (letter) => verdictNow(letter, await entryOf(letter)),
    assertHasKeys,
    async check(letter, action) {
      await prepared(letter, action);
    },
    async carryOut(letter, action, actor, approval) {
      const { name, details, effect } = await prepared(letter, action);
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

function verdictBy(entry: LedgerEntry | undefined, { verdict: atDeath }: DeadLetter): Verdict {
  // A record is older than the letter that speaks of it, and expires before it does.
  if (entry === undefined && (atDeath === 'answered_yes' || atDeath === 'answered_no')) return atDeath;
  return verdictOf({
    record: entry?.record,
    answer: entry?.answer?.status,
    // Announced since: a later call of the key, or a try that was sent again and never confirmed.
    mayHaveRunUnrecorded: atDeath === 'unknown' || entry?.record.state === 'sent',
  });
}

/** Workers would say the same again, or charge again and have the answer refused. */
function assertUnanswered({ seq }: DeadLetter, entry: LedgerEntry | undefined): void {
  if (entry?.record.state === 'answered')
    throw new ValidationError(
      `letter ${seq} was answered, and the answer cannot be read: it is never sent again; ask the processor, then resolve it`,
    );
}

function assertMayRetry({ seq }: DeadLetter, verdict: Verdict, isForced: boolean): void {
  if (verdict === 'answered_yes')
    throw new ValidationError(
      `letter ${seq} was carried out and its answer is recorded: it is never sent again; discard it`,
    );
  if (verdict === 'answered_no')
    throw new ValidationError(
      `letter ${seq} was declined by the processor: only a new payment attempt, under a new key, may try again; discard it`,
    );
  if (verdict === 'unknown' && !isForced)
    throw new ValidationError(
      `letter ${seq} may have been carried out: ask the processor, then resolve it, or force the retry when it certainly was not`,
    );
}

/** Its worker holds the claim for as long as it is at work, and records the answer itself. */
function assertNotInHand(record: OperationRecord | undefined, key: string): void {
  if (record?.state !== 'claimed' || (record.leaseUntil ?? 0) <= Date.now()) return;
  const { by = 'a worker', leaseUntil = 0 } = record;
  throw new ValidationError(
    `${key} is in the hand of ${by} until ${new Date(leaseUntil).toISOString()}, longer while it is at work: its answer may still come; look again then`,
  );
}

/** As the bridge knew it that sent it first; undefined for what is no request. */
function callIn({ idempotencyKey }: DeadLetter, sent: SealableRequest): NotedCall | undefined {
  try {
    const { operation, router_data, correlation_id } = parseRequest(decodeMessage(sent));
    return {
      operation,
      row: operationRow(operation),
      data: router_data,
      key: idempotencyKey === '' ? undefined : idempotencyKey,
      correlationId: correlation_id,
    };
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}

/** Ids, merchant and operation stay: they are outside of what is patched. */
function patched({ seq }: DeadLetter, sent: SealableRequest, patch: unknown): Uint8Array {
  const request = parseRequest(decodeMessage(sent));
  const changed = mergePatch(request.router_data.request, patch);
  if (typeof changed !== 'object' || changed === null || Array.isArray(changed))
    throw new ValidationError(`the patch of letter ${seq} leaves no request; give a JSON object`);
  const edited = { ...request, router_data: { ...request.router_data, request: changed } };
  return encodeBody(
    parseRequest(edited),
    sent.headers[HEADER.contentType]?.includes('msgpack') ? 'application/msgpack' : undefined,
  );
}

function answerOf({ status, transactionId, code, message }: Settled): BridgeResponse {
  const failed = status === 'failure';
  return {
    status,
    ...(transactionId !== undefined && { transaction_id: transactionId }),
    ...(failed && {
      error: {
        code: code ?? 'RESOLVED_AS_FAILED',
        message: message ?? 'Found by a person not to have happened',
      },
    }),
  };
}
