/** A UCS call as it comes in: metadata and bytes, read once into what the connector takes. */
import {
  decodeUcs,
  type RouterData,
  readUcsMetadata,
  routerDataFromUcs,
  type UcsMetadata,
  ValidationError,
} from '@nats-bridge/protocol';
import type { ServedMethod } from './ucs-methods.js';

export type UcsCall = {
  /** The decoded request; its ids are repeated in the answer. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly data: RouterData;
  readonly traceparent?: string;
};

/**
 * The caller does the same payment directly and wants to compare: executing it here would make it twice
 * (docs/hyperswitch.md, Shadow mode).
 */
export class ShadowCallError extends Error {
  override readonly name = 'ShadowCallError';

  constructor(method: string) {
    super(
      `${method} was called in shadow mode (x-shadow-mode: true); the bridge executes what it is sent, so shadow calls are refused and nothing was published: add the connector to ucs_only_connectors`,
    );
  }
}

/**
 * @throws ValidationError for metadata or bytes that are not a UCS call, and for a call that moves money but has
 *   no id under which it could be kept from running twice.
 * @throws ShadowCallError
 */
export function readCall(
  method: ServedMethod,
  metadata: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
): UcsCall {
  const parsed = readUcsMetadata((name) => metadata[name] as string | undefined);
  if (parsed.isShadow) throw new ShadowCallError(method.name);
  const request = decodeUcs(method.requestType, bytes);
  const data = routerDataFromUcs(method.row, request, parsed);
  requireKey(method, data, parsed);
  return { request, data, traceparent: parsed.traceparent };
}

function requireKey({ name, row }: ServedMethod, data: RouterData, metadata: UcsMetadata): void {
  if (!row.movesMoney || row.keyParts(data)?.[0]) return;
  const missing = metadata.resourceId === undefined ? 'metadata x-resource-id is missing' : 'no id was sent';
  throw new ValidationError(
    `${missing} and the request of ${name} has no id of its own: send the attempt id (for refunds the refund id, for payouts the payout id), or the operation could run twice`,
  );
}
