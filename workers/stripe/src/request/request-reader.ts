/** Reads what handlers need out of a request whose shape depends on the method that brought it. */
import type { BridgeRequest } from '@nats-bridge/protocol';

type Fields = Readonly<Record<string, unknown>>;

export function field(request: BridgeRequest, ...path: string[]): unknown {
  let node: unknown = request.router_data.request;
  for (const name of path) node = (node as Fields | null | undefined)?.[name];
  return node;
}

/** Text that is there and not empty. */
export function text(request: BridgeRequest, ...path: string[]): string | undefined {
  const value = field(request, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first of several paths that holds text. */
export function firstText(request: BridgeRequest, ...paths: readonly string[][]): string | undefined {
  for (const path of paths) {
    const value = text(request, ...path);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** What an earlier answer of this worker left in `connector_metadata`; Hyperswitch sends it back as JSON text. */
export function feature(request: BridgeRequest, name: string): string | undefined {
  try {
    const data = JSON.parse(text(request, 'connector_feature_data') ?? '{}') as Fields;
    const value = data[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
