/** What a subject allows to be asked on it: permissions are given by subject, so a body may not say otherwise. */
import {
  type BridgeRequest,
  encodeToken,
  type Operation,
  operationRow,
  type SubjectTemplate,
  ValidationError,
  WEBHOOK_TEMPLATE,
} from '@nats-bridge/protocol';

/** @throws ValidationError when the body is about something else than its subject */
export type Scope = (request: BridgeRequest, subject: string) => void;

const MERCHANT = '{merchant_id}';

/** One operation, and the merchant of the subject where its template has one. */
export function scopeOf(operation: Operation, template: SubjectTemplate): Scope {
  const merchantAt = template.split('.').indexOf(MERCHANT);
  return (request, subject) => {
    if (request.operation !== operation)
      throw new ValidationError(
        `the body asks for ${request.operation} on the subject of ${operation}; publish it on its own`,
      );
    assertMerchant(request, subject, merchantAt);
  };
}

/** The operations that travel as webhooks do, and nothing that belongs into the stream. */
export const webhookScope: Scope = (request, subject) => {
  if (operationRow(request.operation).channel !== 'webhooks')
    throw new ValidationError(`${request.operation} does not travel on the subject of webhooks`);
  assertMerchant(request, subject, WEBHOOK_TEMPLATE.split('.').indexOf(MERCHANT));
};

function assertMerchant(request: BridgeRequest, subject: string, merchantAt: number): void {
  const merchant = merchantAt < 0 ? undefined : subject.split('.')[merchantAt];
  if (merchant === undefined) return;
  const { merchant_id, router_data } = request;
  if (encodeToken(merchant_id) !== merchant || router_data.merchant_id !== merchant_id)
    throw new ValidationError('the body names another merchant than its subject');
}
