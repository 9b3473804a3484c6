import type { WorkerPresence } from '@nats-bridge/messaging';
import { expect, it } from 'vitest';
import { findWorkersIn } from './find-workers.js';

it.each<[string, readonly WorkerPresence[], string]>([
  ['the first that has workers', ['guarded', 'guarded'], 'one'],
  ['the second where the first has none', ['nobody', 'subscribers'], 'two'],
  ['the second where of the first nobody can say', ['unclear', 'consumers'], 'two'],
  ['the first that may have some where none certainly has', ['nobody', 'unclear'], 'two'],
  ['the first of those that may', ['unclear', 'unclear'], 'one'],
  ['none with workers where there is nobody', ['nobody', 'nobody'], 'one'],
])('is %s', async (_what, there, pool) => {
  const names = ['one', 'two'];
  const found = await findWorkersIn(names, async (name) => ({
    workers: there[names.indexOf(name ?? '')] ?? 'nobody',
    consumers: Promise.resolve(undefined),
  }));
  expect(found).toMatchObject({ pool, workers: there[names.indexOf(pool)] });
});
