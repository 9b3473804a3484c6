import type { DeadLetter } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { createJobs, type Jobs } from './jobs.js';

const ACTOR = { who: 'operator', why: 'the processor is back' };
const chosen = [1, 2, 3].map((seq) => ({ queue: 'dead_letters', seq }) as DeadLetter);
const done = { kind: 'done' } as const;

const ended = (jobs: Jobs, id: string) =>
  expect.poll(() => jobs.get(id)).toSatisfy((job) => job.state !== 'running');

it('a retry of many goes on past one that fails, and says why', async () => {
  const jobs = createJobs({
    verdict: async ({ seq }) => (seq === 3 ? 'unknown' : 'never_sent'),
    retry: async ({ seq }) => (seq === 1 ? Promise.reject(new Error('the server is away')) : done),
  });
  const { id } = jobs.start(chosen, { perSecond: 1_000, actor: ACTOR });
  await ended(jobs, id);
  const failed = [{ name: 'd1', why: 'the server is away' }];
  expect(jobs.get(id)).toMatchObject({ state: 'failed', done: 3, of: 3, retried: 1, skipped: 1, failed });
});

it('sends none while the ledger cannot be read', async () => {
  const jobs = createJobs({
    verdict: () => Promise.reject(new Error('the ledger is away')),
    retry: () => expect.fail('it was sent'),
  });
  const { id } = jobs.start(chosen, { perSecond: 1_000, actor: ACTOR });
  await ended(jobs, id);
  expect(jobs.get(id)).toMatchObject({ state: 'failed', retried: 0 });
  expect(jobs.get(id)?.failed).toHaveLength(3);
});

it('begins no letter after it was cancelled, and what was sent stays sent', async () => {
  const sent: number[] = [];
  const jobs = createJobs({
    verdict: async () => 'never_sent',
    retry: async ({ seq }) => {
      sent.push(seq);
      return done;
    },
  });
  const { id } = jobs.start(chosen, { perSecond: 0.001, actor: ACTOR });
  await expect.poll(() => jobs.get(id)?.retried).toBe(1);
  jobs.cancel(id);
  await ended(jobs, id);
  expect(jobs.get(id)).toMatchObject({ state: 'cancelled', done: 1, of: 3, retried: 1, eta_ms: 0 });
  expect(sent).toEqual([1]);
});
