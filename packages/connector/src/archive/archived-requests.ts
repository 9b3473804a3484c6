/** Requests as the archive has them: chosen by what their headers say, opened one at a time. */
import { createBodyReferences, storedMessages } from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  type BridgeRequest,
  decodeMessage,
  type Headers,
  parseRequest,
  parseRequestHeaders,
} from '@nats-bridge/protocol';
import { requestSubjectsOf } from '../ledger/find-request.js';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';

export type ArchiveFilter = {
  readonly merchantId?: string;
  readonly operation?: string;
  readonly paymentId?: string;
  /** By when the archive stored it: within about a second of the request, where it is not behind. */
  readonly since?: Date;
  /** Before this time. */
  readonly until?: Date;
  /** From this sequence of the archive on. */
  readonly fromSeq?: number;
};

export type ArchivedRequest = {
  /** Of the archive. */
  readonly seq: number;
  readonly at: Date;
  readonly subject: string;
  readonly merchantId: string;
  readonly operation: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  readonly headers: Headers;
  /** As it was sent: may be sealed, and holds card data and credentials. */
  readonly body: Uint8Array;
};

/** Oldest first, and so in the order in which they were sent. */
export async function* archivedRequests(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  { since, until, fromSeq, ...filter }: ArchiveFilter = {},
): AsyncGenerator<ArchivedRequest> {
  const subject = filter.merchantId && requestSubjectsOf(config, filter.merchantId);
  for await (const stored of storedMessages(connection, archiveNameOf(config), { since, fromSeq, subject })) {
    if (until !== undefined && stored.storedAt >= until) return;
    const {
      merchantId = '',
      operation = '',
      paymentId = '',
      idempotencyKey = '',
    } = parseRequestHeaders(stored.headers);
    const request: ArchivedRequest = {
      seq: stored.seq,
      at: stored.storedAt,
      subject: stored.subject,
      merchantId,
      operation,
      paymentId,
      idempotencyKey,
      headers: stored.headers,
      body: stored.body,
    };
    if (isWanted(request, filter)) yield request;
  }
}

export function isWanted(
  request: Pick<ArchivedRequest, 'merchantId' | 'operation' | 'paymentId'>,
  { merchantId, operation, paymentId }: ArchiveFilter,
): boolean {
  return (
    (merchantId === undefined || request.merchantId === merchantId) &&
    (operation === undefined || request.operation === operation) &&
    (paymentId === undefined || request.paymentId === paymentId)
  );
}

/** @throws ValidationError when it does not open, or is no request; BodyUnavailableError */
export type OpenArchived = (
  request: Pick<ArchivedRequest, 'subject' | 'headers' | 'body'>,
) => Promise<BridgeRequest>;

export function createOpenArchived({
  connection,
  sealing,
}: Pick<NatsBridge, 'connection' | 'sealing'>): OpenArchived {
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });

  return async ({ subject, headers, body }) => {
    const whole = { subject, headers, body: await bodies.resolveBody({ body, headers }) };
    const opened = sealing.openRequest(whole);
    return parseRequest(decodeMessage(opened));
  };
}
