/** What a command hears of a server that is not there, or denies it something, and what to do about it. */
import { type BridgeConfig, bridgeConfigSchema, NotConnectedError } from '@nats-bridge/connector';
import { PermissionDeniedError, saysDenied } from '@nats-bridge/messaging';

type Asked = Pick<BridgeConfig, 'jetstream' | 'base_url'>;

/** @returns the error itself where it is neither */
export function serverFailure(error: unknown, { jetstream, base_url }: Asked): unknown {
  if (error instanceof NotConnectedError)
    return base_url === DEFAULT_URL ? new Error(`${error.message} ${WHERE_FROM}`, { cause: error }) : error;
  const subject = deniedSubject(error);
  if (subject === undefined) return error;
  const remedy =
    subject.startsWith('$JS.API.') && jetstream.domain === undefined
      ? 'with credentials of nats-bridge auth, set nats_bridge.jetstream.domain to BRIDGE; else this role may not'
      : 'this role may not';
  return new Error(`NATS denies this user ${subject}: ${remedy} (docs/access.md)`, { cause: error });
}

const DEFAULT_URL = bridgeConfigSchema.parse({}).base_url;
/** Whoever named no server may not know that there has to be one. */
const WHERE_FROM = 'nats-bridge up starts one on this machine; --nats or nats_bridge.base_url names another.';

function deniedSubject(error: unknown): string | undefined {
  if (error instanceof PermissionDeniedError) return error.subject;
  if (!saysDenied(error)) return undefined;
  const { subject, cause } = error as { subject?: string; cause?: { subject?: string } };
  return subject ?? cause?.subject;
}
