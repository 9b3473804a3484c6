/** The archive copies the work stream, a moment later. */
import { streamState } from '@nats-bridge/messaging';
import type { Stack } from './stack-under-test.js';
import { until } from './until.js';

export async function archiveCaughtUp({ bridge: { connection } }: Pick<Stack, 'bridge'>): Promise<void> {
  const { lastSeq } = await streamState(connection, 'PAYMENTS');
  await until('the archive has everything', async () =>
    (await streamState(connection, 'PAYMENTS_ARCHIVE')).lastSeq >= lastSeq ? true : undefined,
  );
}
