/** Where a sourced message came from. */
import type { HeaderRecord } from '../request/message-headers.js';

/** `{stream} {sequence} …` (NATS ADR-36). */
const ORIGIN_HEADER = 'Nats-Stream-Source';

/** Its sequence in the source; 0 for a message that was not sourced. */
export function originSeqOf(headers: HeaderRecord): number {
  return Number(headers[ORIGIN_HEADER]?.split(' ')[1]) || 0;
}
