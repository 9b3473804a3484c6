/** Work that goes on after its request was answered: letters that are sent again, one after the other. */
import { randomUUID } from 'node:crypto';
import {
  type DeadLetter,
  type DeadLetters,
  letterName,
  type RetryOptions,
  type RetryStep,
  retryEach,
} from '@nats-bridge/connector';
import type { Job } from './schema/letters.js';

type JobOptions = Omit<RetryOptions, 'signal'>;

export type Jobs = {
  start(chosen: readonly DeadLetter[], options: JobOptions): Job;
  get(id: string): Job | undefined;
  /** @returns undefined when there is no such job */
  cancel(id: string): Job | undefined;
  close(): void;
};

/** Ended ones that can still be looked at. */
const MOST_KEPT = 200;

type Running = { job: Job; readonly ending: AbortController };

export function createJobs(letters: Pick<DeadLetters, 'verdict' | 'retry'>): Jobs {
  const jobs = new Map<string, Running>();

  async function work(running: Running, chosen: readonly DeadLetter[], options: JobOptions): Promise<void> {
    const { signal } = running.ending;
    try {
      for await (const step of retryEach(letters, chosen, { ...options, signal }))
        running.job = after(running.job, step, options.perSecond);
    } catch (error) {
      const why = (error as Error).message; // the ledger cannot be read: none of them was sent
      change(running, {
        done: chosen.length,
        failed: chosen.map((letter) => ({ name: letterName(letter), why })),
      });
    }
    const { done, of, failed } = running.job;
    const state = done < of ? 'cancelled' : failed.length > 0 ? 'failed' : 'done';
    change(running, { state, eta_ms: 0 });
  }

  return {
    start(chosen, options) {
      const job: Job = {
        id: randomUUID(),
        kind: 'retry',
        state: 'running',
        done: 0,
        of: chosen.length,
        retried: 0,
        skipped: 0,
        failed: [],
        eta_ms: etaMs(chosen.length, options.perSecond),
      };
      const running = { job, ending: new AbortController() };
      jobs.set(job.id, running);
      if (jobs.size > MOST_KEPT) jobs.delete(jobs.keys().next().value ?? '');
      void work(running, chosen, options);
      return job;
    },
    get: (id) => jobs.get(id)?.job,
    cancel(id) {
      const running = jobs.get(id);
      running?.ending.abort();
      return running?.job;
    },
    close() {
      for (const { ending } of jobs.values()) ending.abort();
    },
  };
}

function change(running: Running, to: Partial<Job>): void {
  running.job = { ...running.job, ...to };
}

function after(job: Job, step: RetryStep, perSecond: number): Job {
  const done = job.done + 1;
  const next = { ...job, done, eta_ms: etaMs(job.of - done, perSecond) };
  if (step.kind !== 'failed') return { ...next, [step.kind]: job[step.kind] + 1 };
  const { letter, error } = step;
  return { ...next, failed: [...job.failed, { name: letterName(letter), why: error.message }] };
}

function etaMs(left: number, perSecond: number): number {
  return Math.round((left * 1_000) / perSecond);
}
