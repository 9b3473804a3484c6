/** What takes requests for a worker, from one consumer or one subject, and how all of it is drained. */
import type { BodyReferences, Connection } from '@nats-bridge/messaging';
import { within } from '@nats-bridge/protocol';
import type { Balance } from '../balance.js';
import type { Sealing } from '../sealing/sealing.js';
import type { Telemetry } from '../telemetry/telemetry.js';

export type RequestReader = {
  /** Requests that were begun and are not finished, or wait for a place. */
  readonly inHand: number;
  /** Takes nothing new, gives back what was not begun, and resolves when what was begun is finished. */
  drain(): Promise<void>;
  /** What is still in hand is kept for this worker no longer. */
  letGo(): void;
};

/** What reading and handling requests needs, wherever they come from. */
export type ReaderWorld = Balance & {
  readonly connection: Connection;
  /** Where bodies lie that are too large for a message. */
  readonly bodies: BodyReferences;
  readonly sealing: Sealing;
  readonly telemetry: Telemetry;
  /** Durable consumers are `{consumerName}-{operation}`; plain subscriptions have it for their queue group. */
  readonly consumerName: string;
  /** Aborts when the worker waits for its handlers no longer. */
  readonly abandoned: AbortSignal;
};

/** @returns false when that takes longer than `limitMs` */
export async function drainAll(readers: readonly RequestReader[], limitMs: number): Promise<boolean> {
  const drained = Promise.all(readers.map((reader) => reader.drain()));
  return (await within(limitMs, drained)) !== undefined;
}
