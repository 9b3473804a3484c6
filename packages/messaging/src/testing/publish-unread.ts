/** A message that has arrived, and that nobody in this process has read. */
import { setImmediate } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { onTestFinished } from 'vitest';

/** Publishes, and stands still while the server sends it on; without a PubAck, since that would be read with it. */
export type PublishUnread = (subject: string, body: string, standstillMs?: number) => Promise<void>;

/** For the test that runs; over a connection of its own. */
export async function unreadPublisher(servers: string): Promise<PublishUnread> {
  const nats = await connect({ servers });
  onTestFinished(() => nats.close());
  return async (subject, body, standstillMs = 500) => {
    nats.publish(subject, body);
    await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, standstillMs);
  };
}
