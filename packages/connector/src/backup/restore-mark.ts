/**
 * While streams are restored, and until a restore that stopped has been run again, a stream of its own holds the
 * subjects of requests and takes none: NATS then refuses every bridge its work stream, so that none begins on half of
 * what was known.
 */
import { type Connection, saysNoStream, streamState, withFewerReplicas } from '@nats-bridge/messaging';
import { RESTORE_STREAM } from '@nats-bridge/protocol';
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';

export async function isRestoreUnfinished(connection: Connection): Promise<boolean> {
  return (await messagesIn(connection, RESTORE_STREAM)) !== undefined;
}

/** The work stream must not be there. Does nothing where an earlier try did it. */
export async function holdRequests(
  manager: JetStreamManager,
  { subjects, num_replicas }: Pick<StreamConfig, 'subjects' | 'num_replicas'>,
): Promise<void> {
  // Room for no message, and none makes room for another.
  const mark = { name: RESTORE_STREAM, subjects, num_replicas, max_bytes: 1, discard: 'new' } as const;
  await withFewerReplicas<StreamConfig>(mark, async (attempt) => {
    const { config } = await manager.streams.add(attempt as StreamConfig);
    return config;
  });
}

/** @returns undefined when there is no such stream */
export async function messagesIn(connection: Connection, stream: string): Promise<number | undefined> {
  try {
    return (await streamState(connection, stream)).messages;
  } catch (error) {
    if (saysNoStream(error)) return undefined;
    throw error;
  }
}
