/**
 * While streams are restored, and until a restore that stopped has been run again, a stream of its own holds the
 * subjects of requests and takes none: NATS then refuses every bridge its work stream, so that none begins on half of
 * what was known.
 */
import { type Connection, streamInfo, withFewerReplicas } from '@nats-bridge/messaging';
import { RESTORE_STREAM } from '@nats-bridge/protocol';
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';

const OF_BACKUP = 'backup ';

export async function isRestoreUnfinished(connection: Connection): Promise<boolean> {
  return (await streamInfo(connection, RESTORE_STREAM)) !== undefined;
}

/** The backup's id is not known where an older version began it. */
export type UnfinishedRestore = { readonly backup: string | undefined };

/** @returns undefined when none is unfinished */
export async function unfinishedRestore(connection: Connection): Promise<UnfinishedRestore | undefined> {
  const info = await streamInfo(connection, RESTORE_STREAM);
  if (info === undefined) return undefined;
  const { description } = info.config;
  const isNamed = description?.startsWith(OF_BACKUP);
  return { backup: isNamed ? description?.slice(OF_BACKUP.length) : undefined };
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
