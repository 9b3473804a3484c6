/** Says that it takes authorizations, as workers do, and takes nothing. */
import type { Subscription } from '@nats-io/nats-core';
import type { Stack } from './stack-under-test.js';

/** Known to the server when it resolves. Ends with the stack. */
export async function sayThere(stack: Pick<Stack, 'nats'>): Promise<Subscription> {
  const nats = await stack.nats();
  const there = nats.subscribe('hyperswitch.workers.guarded.authorize', {
    callback: (_, message) => void message.respond(),
  });
  await nats.flush();
  return there;
}
