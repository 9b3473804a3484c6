/** Writes the record of a request before it is sent, as another worker or a bridge would have left it. */
import {
  bodyOf,
  encodeBody,
  fingerprintOf,
  HEADER,
  type NewRecord,
  type RecordState,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { notTried } from './rule.js';
import type { Call, Stage } from './stage.js';

export const NO_RECORD = notTried('this request has no record');

export type RecordedCall = Call & { readonly recordKey: string };

/** Whether its answer is recorded: questions have no record. */
export function hasRecord(call: Call): call is RecordedCall {
  return call.recordKey !== undefined;
}

/** What is not told of it is as in the request itself. */
type Told = Pick<NewRecord, 'by' | 'attempt' | 'leaseUntil' | 'reason' | 'correlationId'>;

export async function putRecord(
  { wire }: Stage,
  call: RecordedCall,
  state: Exclude<RecordState, 'answered'>,
  told: Told,
): Promise<void> {
  await wire.records.write(subjectOf(call), bodyOf(state), headersOf(call, state, told), 0);
}

export async function putAnswer(
  { wire, bridge }: Stage,
  call: RecordedCall,
  answer: object,
  told: Told,
): Promise<void> {
  const { body, headers } = bridge.sealing.sealAnswer(call.data.merchant_id, call.recordKey, {
    body: encodeBody(answer),
    headers: { ...headersOf(call, 'answered', told), [HEADER.contentType]: 'application/json' },
  });
  await wire.records.write(subjectOf(call), body, headers, 0);
}

function subjectOf({ data, recordKey }: RecordedCall): string {
  return recordSubject(data.merchant_id, recordKey);
}

function headersOf({ operation, data }: RecordedCall, state: RecordState, told: Told) {
  const { payment_id: paymentId } = data;
  return recordHeaders({ state, operation, paymentId, fingerprint: fingerprintOf(data), retry: 0, ...told });
}
