/** Sends the request of a letter again, as it was or mended: under its own idempotency key, with a new deadline. */
import {
  BodyUnavailableError,
  createBodyReferences,
  RecordChangedError,
  type RecordWriter,
  serverFeatures,
} from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  decodeMessage,
  fingerprintOf,
  HEADER,
  headerText,
  isOperation,
  movesMoney,
  type NewRecord,
  type Operation,
  type OperationRecord,
  parseRequest,
  TTL_HEADER,
  ValidationError,
  type Verdict,
} from '@nats-bridge/protocol';
import { secondsToLive } from '../call/message.js';
import { timeoutOf } from '../config/bridge-config.js';
import type { NotedCall } from '../late-answers/late-note.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { NatsBridge } from '../nats-bridge.js';
import { isAnybodyThereFor } from '../presence/workers-there.js';
import { type SealableRequest, sealedAnew } from '../sealing/bridge-sealing.js';
import { callOfRequest } from './call-in-letter.js';
import type { DeadLetter } from './dead-letter.js';
import type { PreparedAction } from './letter-action.js';
import { letterName } from './letter-name.js';
import { patchRequest } from './patch-request.js';
import { readVerdictNow } from './verdict-now.js';

export type SendAgainOptions = {
  /** Also where the verdict is `unknown`. Default false. */
  readonly isForced?: boolean;
  /** A JSON merge patch (RFC 7386) of the request that is in `router_data`. Default: it stays as it was. */
  readonly patch?: unknown;
};

/** @throws ValidationError when the ledger forbids it, there is nothing to send, or nobody to take it */
export type PrepareSendAgain = (letter: DeadLetter, options?: SendAgainOptions) => Promise<PreparedAction>;

export function createSendAgain(bridge: NatsBridge, writer: RecordWriter): PrepareSendAgain {
  const { config, connection, lateAnswers, ledger, sealing } = bridge;
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });

  async function prepare(
    letter: DeadLetter,
    { isForced = false, patch }: SendAgainOptions = {},
  ): Promise<PreparedAction> {
    const { verdict, entry } = await readVerdictNow(bridge, letter);
    if (verdict === 'unknown') assertUnanswered(letter, entry);
    assertMayRetry(letter, verdict, isForced);
    const { operation, original, requestHeaders } = letter;
    if (!isOperation(operation) || original.subject === '' || letter.body.length === 0)
      throw new ValidationError(
        `letter ${letterName(letter)} has no request that could be sent: its original was gone, or never was one`,
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
      const body = patch === undefined ? opened.body : patchRequest(letter, opened, patch);
      call = callIn(letter, { ...opened, body });
      return body;
    });
    return {
      name: patch === undefined ? 'retry' : 'edit',
      details: { verdict, retry, edited: patch === undefined ? undefined : 'yes' },
      async effect() {
        await announce(letter, { last: entry?.record, verdict }, { retry, deadlineAt }, call);
        // Its caller heard another answer long ago, and is told of this one.
        if (call !== undefined) await lateAnswers.remember(call, retry);
        const { body, headers } = bodies.isReference(requestHeaders) ? await putAway(sent) : sent;
        await writer.write(original.subject, body, headers);
      },
    };
  }

  /** Where nobody takes it, it would leave the stream again, and be in doubt as if somebody had. */
  async function assertIsTaken(letter: DeadLetter, operation: Operation): Promise<void> {
    const { merchantId, original } = letter;
    const isTaken = await isAnybodyThereFor(connection, config, { operation, merchantId, ...original });
    if (isTaken) return;
    throw new ValidationError(
      `no worker is there for ${operation}, which letter ${letterName(letter)} asks for: nothing was sent; start one, then retry it`,
    );
  }

  /**
   * Whoever takes it may keep no record, and it may be nobody: should no answer come this time either, there is another
   * letter, and its verdict does not call it never sent. What may have been carried out before is noted as a claim that
   * nobody holds: a worker that keeps records then takes it as a further attempt, and looks before it charges.
   */
  async function announce(
    letter: DeadLetter,
    { last, verdict }: { readonly last: OperationRecord | undefined; readonly verdict: Verdict },
    again: Pick<OperationRecord, 'retry' | 'deadlineAt'>,
    call: NotedCall | undefined,
  ): Promise<void> {
    const { merchantId, idempotencyKey, operation, paymentId, requestHeaders } = letter;
    if (idempotencyKey === '' || !movesMoney(operation)) return;
    const sent: NewRecord = {
      state: 'sent',
      operation,
      paymentId,
      correlationId: headerText(requestHeaders, HEADER.correlationId),
      fingerprint: call && fingerprintOf(call.data),
      by: config.connection_name,
      retry: 0,
    };
    const record = verdict === 'unknown' ? claimOf(last ?? sent) : sent;
    try {
      const announced = { ...record, ...again, requestedAt: Date.now() };
      await ledger.write(merchantId, idempotencyKey, announced, last?.seq ?? 0);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      throw new ValidationError(
        `${idempotencyKey} of letter ${letterName(letter)} has just been taken up or answered: nothing was sent; look again`,
        { cause: error },
      );
    }
  }

  /** Also where it lies in the object store: it is signed and sealed as a whole. */
  async function wholeBody(letter: DeadLetter): Promise<Uint8Array> {
    const { body, requestHeaders: headers } = letter;
    try {
      return await bodies.resolveBody({ body, headers });
    } catch (error) {
      if (!(error instanceof BodyUnavailableError)) throw error;
      throw new ValidationError(
        `letter ${letterName(letter)} was too large for a message, and its body cannot be fetched: ${error.message}. Send it again at the admin API or the console of a gateway, or with the bridge's credentials`,
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

  return prepare;
}

/** Workers would say the same again, or charge again and have the answer refused. */
function assertUnanswered(letter: DeadLetter, entry: LedgerEntry | undefined): void {
  if (entry?.record.state === 'answered')
    throw new ValidationError(
      `letter ${letterName(letter)} was answered, and the answer cannot be read: it is never sent again; ask the processor, then resolve it`,
    );
}

/** It may have been begun, by whom is not known: as a restore notes what was open. */
function claimOf(record: NewRecord): NewRecord {
  if (record.state === 'claimed') return record;
  return { ...record, state: 'claimed', attempt: record.attempt ?? 1, by: undefined, reason: undefined };
}

function assertMayRetry(letter: DeadLetter, verdict: Verdict, isForced: boolean): void {
  if (verdict === 'answered_yes')
    throw new ValidationError(
      `letter ${letterName(letter)} was carried out and its answer is recorded: it is never sent again; discard it`,
    );
  if (verdict === 'answered_no')
    throw new ValidationError(
      `letter ${letterName(letter)} was declined by the processor: only a new payment attempt, under a new key, may try again; discard it`,
    );
  if (verdict === 'unknown' && !isForced)
    throw new ValidationError(
      `letter ${letterName(letter)} may have been carried out: ask the processor, then resolve it, or force the retry when it certainly was not`,
    );
}

/** As the bridge knew it that sent it first; undefined for what is no request. */
function callIn(letter: DeadLetter, sent: SealableRequest): NotedCall | undefined {
  try {
    return callOfRequest(parseRequest(decodeMessage(sent)), letter);
  } catch (error) {
    if (error instanceof ValidationError) return undefined;
    throw error;
  }
}
