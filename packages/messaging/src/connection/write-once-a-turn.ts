/** Lets everything that is published in one turn of the event loop leave in one write to the socket. */
import type { NatsConnection } from '@nats-io/nats-core';

type Protocol = { flushPending(): void };

/**
 * nats.js writes in the microtask after a publish. What many calls publish in one turn (each in a microtask of its
 * own) would be as many system calls and packets, here, in the server, and in all who read them. Nothing is lost by
 * waiting for the end of the turn: a drain and a flush write behind it. nats.js has no option for this.
 */
export function writeOnceATurn(nats: NatsConnection): void {
  const { protocol } = nats as unknown as { readonly protocol: Protocol };
  const flushPending = protocol.flushPending.bind(protocol);
  let isDue = false;
  protocol.flushPending = () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      flushPending();
    });
  };
}
