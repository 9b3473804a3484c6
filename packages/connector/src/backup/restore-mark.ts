/**
 * While streams are restored, and until a restore that stopped has been run again, a stream of its own holds the
 * subjects of requests and takes none: NATS then refuses every bridge its work stream, so that none begins on half of
 * what was known. It names who restores, so that of two who do so at once one stops.
 */
import { randomUUID } from 'node:crypto';
import { type Connection, saysNoStream, streamInfo, withFewerReplicas } from '@nats-bridge/messaging';
import { RESTORE_STREAM } from '@nats-bridge/protocol';
import { JetStreamApiError, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';

/** `backup {id} {whose}`; of older versions without the last, or without any. */
const DESCRIPTION = /^backup (\S+)/;

/** Another restore or take-over has begun here meanwhile: what was left to do is for that one to do. */
export class RestoreSupersededError extends Error {
  override readonly name = 'RestoreSupersededError';

  constructor() {
    super(
      'another restore or take-over has begun here since, and this one did no more: wait until that one has ended, and see with nats-bridge audit list what it did',
    );
  }
}

export async function isRestoreUnfinished(connection: Connection): Promise<boolean> {
  return (await streamInfo(connection, RESTORE_STREAM)) !== undefined;
}

/** The backup's id is not known where an older version began it. */
export type UnfinishedRestore = { readonly backup: string | undefined };

/** @returns undefined when none is unfinished */
export async function unfinishedRestore(connection: Connection): Promise<UnfinishedRestore | undefined> {
  const info = await streamInfo(connection, RESTORE_STREAM);
  if (info === undefined) return undefined;
  return { backup: DESCRIPTION.exec(info.config.description ?? '')?.[1] };
}

export type HeldRequests = {
  /** Before each step. @throws RestoreSupersededError */
  assertMine(): Promise<void>;
};

/**
 * The work stream must not be there. Where an earlier try holds them, they are taken from it: it may be at work still.
 *
 * @throws RestoreSupersededError
 */
export async function holdRequests(
  connection: Connection,
  manager: JetStreamManager,
  { subjects, num_replicas }: Pick<StreamConfig, 'subjects' | 'num_replicas'>,
  { backup, isHeld }: { readonly backup: string; readonly isHeld: boolean },
): Promise<HeldRequests> {
  const description = `backup ${backup} ${randomUUID()}`;
  // Room for no message, and none makes room for another.
  const mark = {
    name: RESTORE_STREAM,
    description,
    subjects,
    num_replicas,
    max_bytes: 1,
    discard: 'new',
  } as const;
  try {
    if (isHeld) await manager.streams.update(RESTORE_STREAM, { description });
    else
      await withFewerReplicas<StreamConfig>(mark, async (attempt) => {
        const { config } = await manager.streams.add(attempt as StreamConfig);
        return config;
      });
  } catch (error) {
    throw saysNoStream(error) || saysNameInUse(error) ? new RestoreSupersededError() : error;
  }
  return {
    async assertMine() {
      const info = await streamInfo(connection, RESTORE_STREAM);
      if (info?.config.description !== description) throw new RestoreSupersededError();
    },
  };
}

/** There is a stream of this name that is not the same. */
function saysNameInUse(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === 10058;
}
