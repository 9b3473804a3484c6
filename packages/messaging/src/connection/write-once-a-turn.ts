/** Lets what is published in one turn of the event loop leave together. */
import type { NatsConnection } from '@nats-io/nats-core';

type Protocol = {
  readonly outbound: { size(): number };
  /** Bytes that nats.js gathers before it writes without waiting for the microtask. */
  readonly pendingLimit: number;
  flushPending(): void;
};

/**
 * nats.js writes in the microtask after a publish. What many calls publish in one turn (each in a microtask of its
 * own) would be as many system calls and packets, here, in the server, and in all who read them. Nothing is lost by
 * waiting for the end of the turn: a drain and a flush write behind it. What reaches nats.js's own limit leaves before,
 * so that the server and the reader begin while the rest is still being made. nats.js has no option for this.
 */
export function writeOnceATurn(nats: NatsConnection): void {
  const { protocol } = nats as unknown as { readonly protocol: Protocol };
  const flushPending = protocol.flushPending.bind(protocol);
  let isDue = false;
  protocol.flushPending = () => {
    if (protocol.outbound.size() >= protocol.pendingLimit) return flushPending();
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      flushPending();
    });
  };
}
