/** Whether the server refused because of this user's permissions. */
import { PermissionViolationError } from '@nats-io/nats-core';

/** A request carries what the server says of it as its cause. */
export function saysDenied(error: unknown): boolean {
  return [error, (error as Error).cause].some((one) => one instanceof PermissionViolationError);
}
