/** Work that goes on after its request was answered: letters that are sent again, one after the other. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from './schema/letters.js';

export type JobItem = {
  readonly name: string;
  /** @returns whether it was done; false: it was left as it is. @throws what stands in the report */
  run(): Promise<boolean>;
};

export type Jobs = {
  start(items: readonly JobItem[], perSecond: number): Job;
  get(id: string): Job | undefined;
  /** @returns undefined when there is no such job */
  cancel(id: string): Job | undefined;
  close(): void;
};

/** Ended ones that can still be looked at. */
const MOST_KEPT = 200;

type Running = { job: Job; isWanted: boolean };

export function createJobs(): Jobs {
  const jobs = new Map<string, Running>();

  async function work(running: Running, items: readonly JobItem[], pauseMs: number): Promise<void> {
    const startedAt = performance.now();
    for (const [index, item] of items.entries()) {
      await sleep(Math.max(0, startedAt + index * pauseMs - performance.now()), undefined, { ref: false });
      if (!running.isWanted) return void change(running, { state: 'cancelled', eta_ms: 0 });
      const left = { done: index + 1, eta_ms: Math.round((items.length - index - 1) * pauseMs) };
      try {
        const isDone = await item.run();
        const { retried, skipped } = running.job;
        change(running, { ...left, ...(isDone ? { retried: retried + 1 } : { skipped: skipped + 1 }) });
      } catch (error) {
        const failed = [...running.job.failed, { name: item.name, why: (error as Error).message }];
        change(running, { ...left, failed });
      }
    }
    change(running, { state: running.job.failed.length > 0 ? 'failed' : 'done' });
  }

  return {
    start(items, perSecond) {
      const pauseMs = 1_000 / perSecond;
      const job: Job = {
        id: randomUUID(),
        kind: 'retry',
        state: 'running',
        done: 0,
        of: items.length,
        retried: 0,
        skipped: 0,
        failed: [],
        eta_ms: Math.round(items.length * pauseMs),
      };
      const running = { job, isWanted: true };
      jobs.set(job.id, running);
      if (jobs.size > MOST_KEPT) jobs.delete(jobs.keys().next().value ?? '');
      void work(running, items, pauseMs);
      return job;
    },
    get: (id) => jobs.get(id)?.job,
    cancel(id) {
      const running = jobs.get(id);
      if (running !== undefined) running.isWanted = false;
      return running?.job;
    },
    close() {
      for (const running of jobs.values()) running.isWanted = false;
    },
  };
}

function change(running: Running, to: Partial<Job>): void {
  running.job = { ...running.job, ...to };
}
