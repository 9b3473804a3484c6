/** What can be done with dead letters: look at them, send them again, settle or discard them; for CLI and console. */
import {
  createRecordWriter,
  deleteStored,
  serverFeatures,
  storedMessage,
  storedMessages,
} from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  decodeBody,
  encodeBody,
  HEADER,
  isOperation,
  mergePatch,
  parseRequest,
  QUEUE_STREAM,
  type Queue,
  ValidationError,
  type Verdict,
  verdictOf,
} from '@nats-bridge/protocol';
import { createAudit } from '../audit/audit.js';
import { timeoutOf } from '../config/bridge-config.js';
import { encodeAnswer } from '../ledger/answer.js';
import type { NatsBridge } from '../nats-bridge.js';
import { type SealableRequest, sealedAnew } from '../sealing/bridge-sealing.js';

import { type DeadLetter, parseLetter } from './dead-letter.js';

export type LetterFilter = {
  /** Default: both. */
  readonly queue?: Queue;
  readonly merchantId?: string;
  readonly operation?: string;
  readonly verdict?: Verdict;
  /** Part of the reason or of the error. */
  readonly cause?: string;
  readonly worker?: string;
  readonly since?: Date;
  readonly until?: Date;
};

export type Actor = { readonly who: string; readonly why: string };

/** What a person found out of an operation in doubt. */
export type Settled = {
  readonly status: 'success' | 'failure';
  /** The processor's id. */
  readonly transactionId?: string;
  /** Of a failure; both are shown by Hyperswitch. */
  readonly code?: string;
  readonly message?: string;
};

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
   * @throws ValidationError when the verdict forbids it
   */
  retry(letter: DeadLetter, actor: Actor, options?: { force?: boolean; patch?: unknown }): Promise<void>;
  /** Writes the outcome into the ledger, where the next sync finds it. @throws ValidationError when it has one */
  resolve(letter: DeadLetter, actor: Actor, settled: Settled): Promise<void>;
  discard(letter: DeadLetter, actor: Actor): Promise<void>;
  close(): void;
};

const QUEUES = ['interventions', 'dead_letters'] as const satisfies readonly Queue[];

export function createDeadLetters(bridge: NatsBridge): DeadLetters {
  const { config, connection, ledger, sealing } = bridge;
  const audit = createAudit(connection, bridge.auditSigner);
  const writer = createRecordWriter(connection);

  async function list(filter: LetterFilter = {}): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for (const queue of filter.queue === undefined ? QUEUES : [filter.queue])
      for await (const stored of storedMessages(connection, QUEUE_STREAM[queue], { since: filter.since })) {
        const letter = parseLetter(queue, stored);
        if (matches(letter, filter)) found.push(letter);
      }
    return found.sort((a, b) => b.at.getTime() - a.at.getTime());
  }

  async function verdict({ merchantId, idempotencyKey, verdict: atDeath }: DeadLetter): Promise<Verdict> {
    const entry = idempotencyKey === '' ? undefined : await ledger.findLatest(merchantId, idempotencyKey);
    return verdictOf({
      record: entry?.record,
      answer: entry?.answer?.status,
      mayHaveRunUnrecorded: atDeath === 'unknown',
    });
  }

  async function act(
    action: string,
    letter: DeadLetter,
    { who, why }: Actor,
    more: Readonly<Record<string, string | number | undefined>>,
    effect: () => Promise<unknown>,
  ): Promise<void> {
    const { queue, seq, merchantId, operation, paymentId, idempotencyKey } = letter;
    const what = { queue, seq, merchantId, operation, paymentId, idempotencyKey, ...more };
    await audit.append({ action, who, why, what });
    await effect();
    await deleteStored(connection, QUEUE_STREAM[queue], seq);
  }

  return {
    list,
    verdict,
    async get(queue, seq) {
      const stored = await storedMessage(connection, QUEUE_STREAM[queue], seq);
      return stored && parseLetter(queue, stored);
    },

    async retry(letter, actor, { force = false, patch } = {}) {
      const now = await verdict(letter);
      assertMayRetry(letter, now, force && patch === undefined);
      const { operation, original, requestHeaders } = letter;
      if (!isOperation(operation) || original.subject === '' || letter.body.length === 0)
        throw new ValidationError(
          `letter ${letter.seq} has no request that could be sent: its original was gone, or never was one`,
        );
      const retry = letter.retry + 1;
      const deadlineAt = Date.now() + timeoutOf(config, operation);
      const { info } = await connection.get();
      const headers = {
        ...requestHeaders,
        [HEADER.retry]: String(retry),
        [HEADER.deadline]: String(deadlineAt),
        [HEADER.msgId]: `${original.msgId}:retry:${retry}`,
        ...(serverFeatures(info?.version ?? '').perMessageTtl && {
          'Nats-TTL': `${Math.ceil(timeoutOf(config, operation) / 1_000) + 60}s`,
        }),
      };
      const kept = { subject: original.subject, body: letter.body, headers: requestHeaders };
      const sent = sealedAnew(sealing, letter.merchantId, kept, headers, (opened) =>
        patch === undefined ? opened.body : patched(letter, opened, patch),
      );
      const more = { verdict: now, retry, edited: patch === undefined ? undefined : 'yes' };
      await act(patch === undefined ? 'retry' : 'edit', letter, actor, more, () =>
        writer.write(original.subject, sent.body, sent.headers),
      );
    },

    async resolve(letter, actor, settled) {
      const { merchantId, idempotencyKey, operation, paymentId } = letter;
      if (idempotencyKey === '')
        throw new ValidationError(
          `letter ${letter.seq} has no idempotency key: nobody could find its outcome`,
        );
      const entry = await ledger.findLatest(merchantId, idempotencyKey);
      if (entry?.record.state === 'answered')
        throw new ValidationError(
          `${idempotencyKey} has an answer already; a sync gives it: discard the letter`,
        );
      const record = {
        ...entry?.record,
        state: 'answered',
        operation,
        paymentId,
        by: `operator ${actor.who}`,
        retry: letter.retry,
        leaseUntil: undefined,
      } as const;
      await act(
        'resolve',
        letter,
        actor,
        { status: settled.status, transaction: settled.transactionId },
        () =>
          ledger.write(
            merchantId,
            idempotencyKey,
            record,
            entry?.record.seq ?? 0,
            encodeAnswer(answerOf(settled)),
          ),
      );
    },

    discard: async (letter, actor) =>
      act('discard', letter, actor, { verdict: await verdict(letter) }, async () => {}),

    close() {
      audit.close();
      writer.close();
    },
  };
}

function matches(letter: DeadLetter, filter: LetterFilter): boolean {
  const { merchantId, operation, verdict, cause, worker, since, until } = filter;
  const causes = `${letter.reason} ${letter.error ?? ''}`.toLowerCase();
  return (
    (merchantId === undefined || letter.merchantId === merchantId) &&
    (operation === undefined || letter.operation === operation) &&
    (verdict === undefined || letter.verdict === verdict) &&
    (worker === undefined || letter.worker === worker) &&
    (cause === undefined || causes.includes(cause.toLowerCase())) &&
    (since === undefined || letter.at >= since) &&
    (until === undefined || letter.at < until)
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

/** Ids, merchant and operation stay: they are outside of what is patched. */
function patched({ seq }: DeadLetter, { body, headers }: SealableRequest, patch: unknown): Uint8Array {
  const contentType = headers[HEADER.contentType];
  const request = parseRequest(decodeBody(body, contentType));
  const changed = mergePatch(request.router_data.request, patch);
  if (typeof changed !== 'object' || changed === null || Array.isArray(changed))
    throw new ValidationError(`the patch of letter ${seq} leaves no request; give a JSON object`);
  const edited = { ...request, router_data: { ...request.router_data, request: changed } };
  return encodeBody(
    parseRequest(edited),
    contentType?.includes('msgpack') ? 'application/msgpack' : undefined,
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
