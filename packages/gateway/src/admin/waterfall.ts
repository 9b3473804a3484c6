/** Where the time of a call went: parts one after the other, which add up to what its caller waited. Pure. */
import type { OperationView } from '@nats-bridge/connector';
import type { SeenCall } from '../seen/seen-calls.js';
import type { Payment } from './schema/payments.js';

export type Waterfall = Payment['waterfall'][number];
type PartName = Waterfall['parts'][number]['name'];

/** One for each call that this gateway answered, and one for each operation of which only the ledger knows. */
export function waterfallsOf(calls: readonly SeenCall[], operations: readonly OperationView[]): Waterfall[] {
  const recordOf = (correlationId: string) =>
    operations.find((operation) => operation.correlationId === correlationId);
  const seen = new Set(calls.map(({ ids }) => ids.correlationId));
  return [
    ...calls.map((call) => waterfallOfCall(call, recordOf(call.ids.correlationId))),
    ...operations.filter(({ correlationId = '' }) => !seen.has(correlationId)).flatMap(waterfallOfRecord),
  ];
}

/** By this gateway's clock. What lies between the stream and the answer is divided as the record of the call says. */
function waterfallOfCall(call: SeenCall, record: OperationView | undefined): Waterfall {
  const { marks, rpc } = call;
  const begunAt = rpc?.begunAt ?? marks.begunAt;
  const parts = partsFrom(begunAt);
  if (rpc !== undefined) parts.until('validation', rpc.readAt);
  const { sentAt, repliedAt } = marks;
  if (sentAt === undefined) parts.until('policies', call.endedAt);
  else {
    parts.until('policies', sentAt);
    const answerAt = repliedAt ?? call.endedAt;
    // An answer may be quicker than the stream's confirmation.
    if (marks.storedAt !== undefined) parts.until('broker', Math.min(marks.storedAt, answerAt));
    if (repliedAt === undefined) parts.until('waiting', answerAt);
    else divide(parts, answerAt, record);
  }
  parts.until('answer', rpc?.endedAt ?? call.endedAt);
  return {
    operation: call.operation,
    idempotency_key: record?.idempotencyKey ?? '',
    correlation_id: call.ids.correlationId,
    seen_by: 'gateway',
    ...parts.sum(),
  };
}

/** By durations, so that the clocks of server and worker need not be this gateway's. */
function divide(parts: Parts, answerAt: number, record: OperationView | undefined): void {
  const queueMs = queueMsOf(record);
  if (record === undefined || queueMs === undefined || record.state !== 'answered') {
    parts.until('waiting', answerAt);
    return;
  }
  const { claimedAt = record.at } = record;
  let leftMs = Math.max(0, answerAt - parts.at);
  const take = (ms: number) => {
    const taken = Math.min(leftMs, Math.max(0, ms));
    leftMs -= taken;
    return taken;
  };
  // What is known best comes first: the others are in whole milliseconds, of other clocks.
  const handlerMs = take(record.handlerMs ?? record.at - claimedAt);
  const recordMs = take(record.at - claimedAt - handlerMs);
  parts.until('queue', parts.at + take(queueMs));
  parts.until('record', parts.at + recordMs);
  untilHandled(parts, parts.at + handlerMs, record);
  parts.until('reply', answerAt);
}

/** What the ledger knows: by the clocks of the server and of the worker that took it. */
function waterfallOfRecord(record: OperationView): Waterfall[] {
  const { state, requestedAt, claimedAt, at, handlerMs } = record;
  const queueMs = queueMsOf(record);
  if (state !== 'answered' || requestedAt === undefined || claimedAt === undefined || queueMs === undefined)
    return [];
  const parts = partsFrom(0);
  const totalMs = Math.max(queueMs, at - requestedAt);
  parts.until('queue', queueMs);
  const handlerAt = Math.min(totalMs, Math.max(queueMs, totalMs - (handlerMs ?? totalMs)));
  if (handlerMs !== undefined) parts.until('record', handlerAt);
  untilHandled(parts, totalMs, record);
  return [
    {
      operation: record.operation,
      idempotency_key: record.idempotencyKey,
      ...(record.correlationId !== undefined && { correlation_id: record.correlationId }),
      seen_by: 'ledger',
      ...parts.sum(),
    },
  ];
}

/** The handler's own time, and then what it waited for the processor in all: which came when is not kept. */
function untilHandled(parts: Parts, at: number, { processorMs = 0 }: OperationView): void {
  parts.until('handler', at - processorMs);
  parts.until('processor', at);
}

function queueMsOf(record: OperationView | undefined): number | undefined {
  if (record?.requestedAt === undefined || record.claimedAt === undefined) return undefined;
  return Math.max(0, record.claimedAt - record.requestedAt);
}

type Parts = {
  /** Where the last part ends. */
  readonly at: number;
  /** The next part ends then; no part ends before it begins. */
  until(name: PartName, at: number): void;
  sum(): Pick<Waterfall, 'total_ms' | 'parts'>;
};

function partsFrom(begunAt: number): Parts {
  const ends: { readonly name: PartName; readonly at: number }[] = [];
  const last = () => ends.at(-1)?.at ?? begunAt;
  return {
    get at() {
      return last();
    },
    until(name, at) {
      ends.push({ name, at: Math.max(at, last()) });
    },
    /** Ends are rounded and parts are what lies between them, so that nothing is lost by rounding. */
    sum() {
      let start = 0;
      const parts = ends.map(({ name, at }) => {
        const end = micros(at - begunAt);
        const part = { name, start_ms: start, ms: micros(end - start) };
        start = end;
        return part;
      });
      return { total_ms: start, parts: parts.filter(({ ms }) => ms > 0) };
    },
  };
}

function micros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
