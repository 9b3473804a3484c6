/** Reads what handlers need out of a request whose shape depends on the method that brought it. */
import type { BridgeRequest } from '@nats-bridge/protocol';

type Fields = Readonly<Record<string, unknown>>;

export function field(request: BridgeRequest, ...path: string[]): unknown {
  let node: unknown = request.router_data.request;
  for (const name of path) node = (node as Fields | undefined)?.[name];
  return node;
}

/** Under which something of this merchant is kept: no merchant finds another's, whatever id it names. */
export function own(request: BridgeRequest, id: string): string {
  return `${request.merchant_id}\n${id}`;
}

/** Text that is there and not empty. */
export function text(request: BridgeRequest, ...path: string[]): string | undefined {
  const value = field(request, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Minor units of a Money field; 0 where there is none. */
export function minorAmount(request: BridgeRequest, name: string): number {
  return Number(field(request, name, 'minor_amount') ?? 0);
}

export function currency(request: BridgeRequest, name = 'amount'): string {
  return text(request, name, 'currency') ?? 'CURRENCY_UNSPECIFIED';
}
