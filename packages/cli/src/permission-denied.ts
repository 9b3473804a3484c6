/** What the server denies to the credentials of a command, and what to do about it. */
import type { BridgeConfig } from '@nats-bridge/connector';
import { PermissionDeniedError, saysDenied } from '@nats-bridge/messaging';

/** @returns the error itself where it is no such one */
export function denialIn(error: unknown, { jetstream }: Pick<BridgeConfig, 'jetstream'>): unknown {
  const subject = deniedSubject(error);
  if (subject === undefined) return error;
  const remedy =
    subject.startsWith('$JS.API.') && jetstream.domain === undefined
      ? 'with credentials of nats-bridge auth, set nats_bridge.jetstream.domain to BRIDGE; else this role may not'
      : 'this role may not';
  return new Error(`NATS denies this user ${subject}: ${remedy} (docs/access.md)`, { cause: error });
}

function deniedSubject(error: unknown): string | undefined {
  if (error instanceof PermissionDeniedError) return error.subject;
  if (!saysDenied(error)) return undefined;
  const { subject, cause } = error as { subject?: string; cause?: { subject?: string } };
  return subject ?? cause?.subject;
}
