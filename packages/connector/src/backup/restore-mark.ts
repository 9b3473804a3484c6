/**
 * While streams are restored, and until a restore that stopped has been run again, a stream of its own holds the
 * subjects of requests and takes none: NATS then refuses every bridge its work stream, so that none begins on half of
 * what was known.
 */
import { type Connection, saysNoStream, streamState, withFewerReplicas } from '@nats-bridge/messaging';
import { RESTORE_STREAM } from '@nats-bridge/protocol';
import { type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';

const OF_BACKUP = 'backup ';

export async function isRestoreUnfinished(connection: Connection): Promise<boolean> {
  return (await messagesIn(connection, RESTORE_STREAM)) !== undefined;
}

/** The backup's id is not known where an older version began it. */
export type UnfinishedRestore = { readonly backup: string | undefined };

/** @returns undefined when none is unfinished */
export async function unfinishedRestore(connection: Connection): Promise<UnfinishedRestore | undefined> {
  const manager = await jetstreamManager(await connection.get(), connection.jetstreamOptions);
  try {
    const { config } = await manager.streams.info(RESTORE_STREAM);
    const isNamed = config.description?.startsWith(OF_BACKUP);
    return { backup: isNamed ? config.description?.slice(OF_BACKUP.length) : undefined };
  } catch (error) {
    if (saysNoStream(error)) return undefined;
    throw error;
  }
}

/** The work stream must not be there. Where an earlier try did it, only the backup's name is new. */
export async function holdRequests(
  manager: JetStreamManager,
  { subjects, num_replicas }: Pick<StreamConfig, 'subjects' | 'num_replicas'>,
  { backup, isHeld }: { readonly backup: string; readonly isHeld: boolean },
): Promise<void> {
  const description = `${OF_BACKUP}${backup}`;
  if (isHeld) {
    await manager.streams.update(RESTORE_STREAM, { description });
    return;
  }
  // Room for no message, and none makes room for another.
  const mark = {
    name: RESTORE_STREAM,
    description,
    subjects,
    num_replicas,
    max_bytes: 1,
    discard: 'new',
  } as const;
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
