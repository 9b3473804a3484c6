/** What a bridge tells whoever made it, besides what becomes of calls. */
import type { LateReply, Overlap, StrayReply, TopologyChange } from '@nats-bridge/messaging';
import type { CallIds } from './call/observation.js';
import type { RefusedReply } from './signing/bridge-signing.js';

export type BridgeEvent =
  /** A reply that named another request; it was not given to anybody. */
  | { readonly type: 'stray_reply'; readonly reply: StrayReply }
  /** An answer to a request whose caller had been told "unknown". `ids`: of that call, where it is known. */
  | { readonly type: 'late_reply'; readonly reply: LateReply; readonly ids?: CallIds }
  /** An answer that nobody who may has signed as it is: forged, altered, moved, or not signed at all. It counts for nothing. */
  | ({ readonly type: 'refused_reply' } & RefusedReply)
  /**
   * Two consumers of the stream that each get every request: an operation may be executed by both. Nothing but one of
   * them going away helps.
   */
  | { readonly type: 'overlapping_consumers'; readonly overlap: Overlap }
  /**
   * A stream or consumer is not as configured, and is left so: to change it would lose messages, or the server does not
   * do it. Told each time that streams are made ready; `describeConflict` of messaging says what to do.
   */
  | { readonly type: 'topology_conflict'; readonly conflict: TopologyChange }
  /** `ids`: of the call that it happened to. */
  | { readonly type: 'error'; readonly error: Error; readonly subject: string; readonly ids?: CallIds };

export type Report = (event: BridgeEvent) => void;
