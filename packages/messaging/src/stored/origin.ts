/** Where a sourced message came from. */
import type { Headers } from '@nats-bridge/protocol';

/** `{stream} {sequence} …` (NATS ADR-36). */
const ORIGIN_HEADER = 'Nats-Stream-Source';

/** Its sequence in the source; 0 for a message that was not sourced. */
export function originSeqOf(headers: Headers): number {
  return Number(headers[ORIGIN_HEADER]?.split(' ')[1]) || 0;
}
