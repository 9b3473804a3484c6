/** A request from the stream: read it, run it under its record, and acknowledge by how that ended. */
import { type DeliveredMessage, SignatureRefusedError } from '@nats-bridge/messaging';
import {
  fingerprintOf,
  isRecordSubject,
  type OperationRecord,
  RECORD_HEADER,
  ValidationError,
} from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import { type GuardedEnding, type GuardWorld, runGuarded } from '../guard/guarded-run.js';
import type { Handlers } from '../handler.js';
import { idsInHeaders, idsOf } from '../logging/delivery-ids.js';
import { failureOf } from '../telemetry/failure-of.js';
import { type DeliveryTrace, traceDelivery } from '../tracing/trace-delivery.js';
import type { Heartbeat } from './heartbeat.js';
import { createProcessorClock } from './processor-clock.js';
import { encodeEffect, encodeReply, publishReply } from './reply.js';
import { type ReadRequest, readDelivery, runHandler } from './run-handler.js';
import type { Scope } from './scope.js';
import { refuseDelivery, type SettlingWorld, settleDelivery } from './settle-delivery.js';

export type HandleStoredOptions = SettlingWorld & {
  readonly scope: Scope;
  /** Where spans are begun, and what they say of where the request came from. */
  readonly tracing?: { readonly tracing: Tracing; readonly destination: string; readonly consumer: string };
  readonly handlers: Handlers;
  readonly guard: Omit<GuardWorld, 'leaseMs'> & {
    /** Names this worker in the records. */
    readonly worker: string;
    readonly leaseMs: () => Promise<number>;
  };
  readonly heartbeat: Heartbeat;
  /** Aborts when the worker waits for its handlers no longer. */
  readonly abandoned: AbortSignal;
};

const AGAIN_SOON_MS = 1_000;
/** What was begun and may have had its effect is given this long to find out, though nobody waits any longer. */
const RECOVERY_MS = 30_000;

export async function handleStored(message: DeliveredMessage, options: HandleStoredOptions): Promise<void> {
  const startedAt = Date.now();
  const hand = options.heartbeat.begin(message);
  const trace = beginTrace(message, options);
  let read: ReadRequest | undefined;
  try {
    read = await readOrRefuse(message, options);
    if (read === undefined) return trace?.ended('malformed', 'malformed');
    const ending = isRecordSubject(read.headers.replyTo)
      ? await runUnderRecord(message, read, read.headers.replyTo, { trace, ...options }, hand.onBeat)
      : await runPlainly(read, { trace, ...options });
    settleDelivery(message, ending, { ms: Date.now() - startedAt, ids: idsOf(read.request) }, options);
    trace?.ended(ending.kind, failureOfEnding(ending));
  } catch (error) {
    message.nak(AGAIN_SOON_MS);
    trace?.ended('reply_failed', failureOf(error));
    const ids = read && idsOf(read.request);
    options.report({ type: 'reply_failed', operation: options.operation, error, ids });
  } finally {
    hand.end();
  }
}

function beginTrace(message: DeliveredMessage, { tracing }: HandleStoredOptions): DeliveryTrace | undefined {
  if (tracing === undefined) return undefined;
  return traceDelivery(tracing.tracing, {
    headers: message.headers,
    destination: tracing.destination,
    attempt: message.deliveryCount,
    stored: { consumer: tracing.consumer, atMs: message.storedAt, seq: message.seq },
  });
}

function failureOfEnding(ending: GuardedEnding): string | undefined {
  if (ending.kind === 'failed') return failureOf(ending.error);
  return ending.kind === 'conflict' || ending.kind === 'superseded' ? ending.kind : undefined;
}

type Traced = HandleStoredOptions & { readonly trace: DeliveryTrace | undefined };

/** A repeat of it would move money: claim, effect, answer. */
async function runUnderRecord(
  message: DeliveredMessage,
  read: ReadRequest,
  subject: string,
  options: Traced,
  onBeat: (listener: () => void) => void,
): Promise<GuardedEnding> {
  const { worker, leaseMs, ...guard } = options.guard;
  const { request, headers } = read;
  const delivery = {
    correlationId: request.correlation_id,
    fingerprint: fingerprintOf(request.router_data),
    retry: headers.retry ?? 0,
    deadlineAt: headers.deadlineAt,
    isRedelivered: message.deliveryCount > 1,
    worker,
  };
  const about = {
    operation: request.operation,
    paymentId: request.payment_id,
    requestedAt: message.storedAt,
    requestSeq: message.seq,
  };
  const guarded = { subject, delivery, about };
  const { trace } = options;
  const records = trace?.records(guard.records) ?? guard.records;
  return runGuarded(guarded, { leaseMs: await leaseMs(), ...guard, records }, async (claim, before) => {
    onBeat(() => void claim.renew());
    const deadlineAt = claim.attempt > 1 ? Date.now() + RECOVERY_MS : headers.deadlineAt;
    const claimed = {
      ...read,
      attempt: claim.attempt,
      earlierAt: claim.attempt > 1 ? before && firstBegunAt(before) : undefined,
      headers: { ...headers, deadlineAt },
    };
    const processor = createProcessorClock();
    const run = (request: ReadRequest) =>
      runHandler(options.handlers, request, () => [options.abandoned, claim.lost()], processor);
    const begunAt = performance.now();
    const response = await (trace?.handle(claimed, run) ?? run(claimed));
    const handlerMs = performance.now() - begunAt;
    const processorMs = processor.ms();
    const { body, headers: encoded } = await encodeEffect(read, response, options.way, {
      sleep: guard.sleep,
      onLeftOut: (error) =>
        options.report({ type: 'reply_reduced', operation: request.operation, error, ids: idsOf(request) }),
    });
    return {
      body,
      headers: {
        [RECORD_HEADER.handlerMs]: handlerMs.toFixed(3),
        ...(processorMs !== undefined && { [RECORD_HEADER.processorMs]: processorMs.toFixed(3) }),
        ...encoded,
      },
    };
  });
}

/** What a person had sent again was requested anew, and may have been claimed before. */
function firstBegunAt({ claimedAt, requestedAt, at }: OperationRecord): number {
  return Math.min(claimedAt ?? at, requestedAt ?? at);
}

/** A question, or a request that names another place for its answer: nothing is recorded, a repeat does no harm. */
async function runPlainly(read: ReadRequest, options: Traced): Promise<GuardedEnding> {
  const { attempt, headers } = read;
  const { trace } = options;
  if (headers.deadlineAt !== undefined && headers.deadlineAt <= Date.now()) return { kind: 'expired' };
  let response: Awaited<ReturnType<typeof runHandler>>;
  try {
    const run = (request: ReadRequest) => runHandler(options.handlers, request, () => [options.abandoned]);
    response = await (trace?.handle(read, run) ?? run(read));
  } catch (error) {
    return { kind: 'failed', attempt, error };
  }
  const { replyTo } = headers;
  if (replyTo !== undefined) {
    const publish = () =>
      publishReply(options.way, replyTo, encodeReply(read, response, options.way.sealing, 'caller'));
    await (trace?.reply(publish) ?? publish());
  }
  return { kind: 'answered', attempt };
}

/** What cannot be read is ended here; undefined says so. */
async function readOrRefuse(
  message: DeliveredMessage,
  options: HandleStoredOptions,
): Promise<ReadRequest | undefined> {
  const { report, way, scope } = options;
  const headers = message.headers;
  try {
    const body = way.bodies.isReference(headers)
      ? await way.bodies.resolveBody({ body: message.data, headers })
      : message.data;
    const { deliveryCount: attempt, storedAt } = message;
    const delivery = { body, headers, attempt, earlierAt: attempt > 1 ? storedAt : undefined };
    const read = readDelivery(message.subject, delivery, way.sealing);
    scope(read.request, message.subject);
    return read;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    refuseDelivery(message, way, error, error instanceof SignatureRefusedError ? 'stranger' : 'caller');
    message.term(`malformed: ${error.message}`.slice(0, 200));
    const ids = idsInHeaders(headers);
    report({ type: 'malformed', subject: message.subject, reason: error.message, ids });
    return undefined;
  }
}
