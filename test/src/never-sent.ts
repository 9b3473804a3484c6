/** A payment that a worker gives back before it began it: its letter is safe to send again. */
import { jetstream } from '@nats-io/jetstream';
import type { Stack } from './stack-under-test.js';

/** @param why the worker says @returns what its caller heard */
export async function neverSent<Answer>(
  stack: Pick<Stack, 'nats'>,
  authorize: (attempt: string) => Promise<Answer>,
  attempt: string,
  why = 'no processor for this merchant',
): Promise<Answer> {
  const nats = await stack.nats();
  const there = nats.subscribe('hyperswitch.workers.guarded.authorize', {
    callback: (_, message) => void message.respond(),
  });
  const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-authorize');
  const next = consumer.next({ expires: 30_000 });
  // Who answers and who reads is known to the server before the bridge asks.
  await nats.flush();
  const asking = authorize(attempt);
  const message = await next;
  if (message === null) throw new Error(`${attempt} was not sent: ${JSON.stringify(await asking)}`);
  message.term(why);
  const answer = await asking;
  there.unsubscribe();
  return answer;
}
