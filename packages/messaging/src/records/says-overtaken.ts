/** Whether a conditional write was refused because somebody else wrote first. */
import { StoreRefusedError } from '../errors.js';

/**
 * Of nats-server's errors.json. The first is said where the other write is there to be read; the second by servers that
 * replicate, where it is still on its way to the others.
 */
const WRONG_LAST_SEQUENCE: readonly number[] = [10071, 10164];

export function saysOvertaken(error: unknown): boolean {
  return error instanceof StoreRefusedError && WRONG_LAST_SEQUENCE.includes(error.natsCode);
}
