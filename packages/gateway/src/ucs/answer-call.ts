/** The one way of a UCS call through the door: bytes and metadata in, execute, bytes or a refusal out. */
import { randomUUID } from 'node:crypto';
import { type handleUnaryCall, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { type CallOptions, idsOf } from '@nats-bridge/connector';
import type { Logging } from '@nats-bridge/logging';
import {
  BridgeError,
  type Operation,
  type Outcome,
  outcomeOfError,
  type RouterData,
  ValidationError,
} from '@nats-bridge/protocol';
import type { PaymentBridge } from '../bridge.js';
import type { AnswerOwnEvent } from '../late-answers/answer-own-event.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { SeenCalls } from '../seen/seen-calls.js';
import { describeFault, type OnWarning } from '../warning.js';
import { CallerSignal } from './caller-signal.js';
import { encodeAnswer, reasonOf } from './encode-answer.js';
import { idInDoubt } from './id-in-doubt.js';
import { readCall, type UcsCall } from './read-call.js';
import { refuseCall } from './refuse-call.js';
import { traceMethod } from './trace-rpc.js';
import type { ServedMethod } from './ucs-methods.js';
import { isUnread, WebhookUnreadError } from './webhook-unread.js';

/** How much sooner than the caller the bridge stops waiting, so that its answer is still heard. */
export const DEADLINE_MARGIN_MS = 50;

export type UcsDoor = {
  readonly bridge: PaymentBridge;
  readonly inFlight: InFlight;
  readonly onWarning: OnWarning;
  readonly metrics?: Pick<GatewayMetrics, 'rpc'>;
  readonly logging?: Pick<Logging, 'log'>;
  readonly seenCalls?: Pick<SeenCalls, 'answered'>;
  /** Answers what the bridge itself posted to Hyperswitch. */
  readonly answerOwnEvent?: AnswerOwnEvent;
};

/** Calls being executed; above `limit`, further ones are not sent. */
export type InFlight = { count: number; readonly limit: number };

type RawCall = ServerUnaryCall<Buffer, Buffer>;

/**
 * The handler of a method.
 *
 * What an answer in doubt means to Hyperswitch: a payment is PENDING with an id to ask by, a refund
 * REFUND_PENDING without an error. A webhook that could not be handled has no content, which Hyperswitch answers as
 * failed, so that the sender comes again. One that could not be parsed is a gRPC error for the same end: an answer
 * without an event type is 200 "event not supported" to it, and the sender never comes again.
 */
export function answerCalls(door: UcsDoor, method: ServedMethod): handleUnaryCall<Buffer, Buffer> {
  const { tracing } = door.bridge;
  const beginTrace = tracing && traceMethod(tracing, method.name);
  const measure = door.metrics?.rpc.ofMethod(method.name);
  return (call, callback) => {
    const begunAt = performance.now();
    const metadata = call.metadata.getMap();
    const trace = beginTrace?.(metadata.traceparent);
    const ended = (code: status) => {
      trace?.ended(code);
      measure?.(code, performance.now() - begunAt);
    };
    const refuse = (refusal: unknown) => {
      const refused = refuseCall(
        { method: method.name, operation: method.row.operation, traceId: trace?.span.traceId },
        refusal,
        door,
      );
      if (trace !== undefined) trace.refusedAs = refused.correlationId;
      ended(refused.code);
      callback(refused);
    };
    let read: UcsCall;
    try {
      read = readCall(method, metadata, call.request);
    } catch (refusal) {
      refuse(refusal);
      return;
    }
    const readAt = performance.now();
    executeCall(door, method, read, trace?.span ?? read.traceparent, call)
      .then((outcome) => {
        if (trace !== undefined) trace.outcome = outcome;
        if (isUnread(outcome)) throw new WebhookUnreadError(outcome);
        if (call.cancelled) return ended(status.CANCELLED); // nobody listens, and grpc-js has closed the stream
        const bytes = bytesOf(door, method, read, outcome);
        ended(status.OK);
        door.seenCalls?.answered(outcome.correlationId, { begunAt, readAt, endedAt: performance.now() });
        callback(null, bytes);
      })
      .catch(refuse);
  };
}

/** @throws ValidationError when the connector refused the call before sending it. */
async function executeCall(
  door: UcsDoor,
  method: ServedMethod,
  read: UcsCall,
  traceparent: CallOptions['traceparent'],
  call: RawCall,
): Promise<Outcome> {
  const { inFlight } = door;
  const options = { deadlineAt: deadlineOf(call), signal: new CallerSignal(call), traceparent };
  // It asks no worker. When its record cannot be read it fails, as only a webhook may: then it is posted again.
  const ownEvent = door.answerOwnEvent?.(method.row.operation, read.data);
  if (ownEvent !== undefined) return ownEvent;

  // The connector knows whether it is the repeat of a call that was sent.
  if (inFlight.count >= inFlight.limit) {
    const turnedAway = `${inFlight.limit} calls are in flight already (gateway.max_in_flight)`;
    return executeOn(door, method, read, { ...options, turnedAway });
  }

  inFlight.count += 1;
  try {
    return await executeOn(door, method, read, options);
  } finally {
    inFlight.count -= 1;
  }
}

async function executeOn(
  { bridge, onWarning }: UcsDoor,
  { name, row: { operation } }: ServedMethod,
  { data }: UcsCall,
  options: CallOptions,
): Promise<Outcome> {
  try {
    return await bridge.execute(operation, data, options);
  } catch (cause) {
    if (cause instanceof ValidationError) return outcomeOfRefusal(operation, data, cause);
    const failing = { operation, data, correlationId: randomUUID() };
    if (cause instanceof BridgeError) return outcomeOfError(failing, cause);
    // It may have been sent: pending is the only honest answer (P4).
    onWarning(`${name}: the connector failed, answered as unknown: ${describeFault(cause)}`, idsOf(failing));
    return outcomeOfError(failing, new BridgeError('INTERNAL_ERROR', undefined, { cause }));
  }
}

/**
 * A refusal is about the call, and later versions of Hyperswitch fail the payment for it. Where another request has the
 * key, that one may have been carried out: the payment is in doubt until a sync has asked for it (P4).
 *
 * @throws ValidationError of any other
 */
function outcomeOfRefusal(operation: Operation, data: RouterData, refusal: ValidationError): Outcome {
  const { isKeyConflict, message, correlationId = randomUUID() } = refusal;
  if (!isKeyConflict) throw refusal;
  const doubt = new BridgeError('KEY_CONFLICT', message, { cause: refusal });
  return outcomeOfError({ operation, data, correlationId }, doubt);
}

function bytesOf(door: UcsDoor, method: ServedMethod, read: UcsCall, outcome: Outcome): Buffer {
  const { name, row, responseType } = method;
  const answer = { row, responseType, request: read.request, outcome, alias: idInDoubt(row, read.data) };
  const ids = idsOf({ data: read.data, correlationId: outcome.correlationId });
  const onWarning: OnWarning = (warning) => door.onWarning(warning, ids);
  try {
    return encodeAnswer(name, answer, onWarning);
  } catch (fault) {
    if (outcome.kind !== 'answered') throw fault;
    // The money may have moved: what cannot be said is unknown, not failed.
    onWarning(
      `${name}: the worker's reply ${outcome.correlationId} cannot be sent at all, answered as unknown: ${reasonOf(fault)}`,
    );
    const call = { operation: row.operation, data: read.data, correlationId: outcome.correlationId };
    const doubt = outcomeOfError(call, new BridgeError('INVALID_WORKER_REPLY'));
    return encodeAnswer(name, { ...answer, outcome: doubt }, onWarning);
  }
}

/** undefined where the caller set none: Hyperswitch does not, and the connector's own deadline holds. */
function deadlineOf(call: RawCall): number | undefined {
  const deadline = Number(call.getDeadline());
  return Number.isFinite(deadline) ? deadline - DEADLINE_MARGIN_MS : undefined;
}
