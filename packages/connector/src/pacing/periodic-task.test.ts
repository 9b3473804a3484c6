import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startPeriodicTask } from './periodic-task.js';

const EVERY_MS = 100;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (times = 1) => vi.advanceTimersByTimeAsync(times * EVERY_MS);

it('never runs twice at a time, and is closed once the run under way has ended', async () => {
  let begun = 0;
  let end = () => {};
  const task = startPeriodicTask(
    () => {
      begun++;
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    { everyMs: EVERY_MS, onError: () => {} },
  );
  expect(begun).toBe(0);
  await pass(3);
  expect(begun).toBe(1);
  end();
  await pass();
  expect(begun).toBe(2);
  let isClosed = false;
  const closing = task.close().then(() => {
    isClosed = true;
  });
  await pass(3);
  expect([begun, isClosed]).toEqual([2, false]);
  end();
  await closing;
  expect(vi.getTimerCount()).toBe(0);
});

it('tells of a fault when it begins, when its reason changes, and again when it had been gone', async () => {
  const faults: (Error | string | undefined)[] = [
    new Error('away'),
    new Error('away'),
    'refused',
    undefined,
    new Error('refused'),
  ];
  const told: string[] = [];
  const task = startPeriodicTask(
    async () => {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
    },
    { everyMs: EVERY_MS, onError: ({ message }) => told.push(message) },
  );
  await pass(6);
  expect(told).toEqual(['away', 'refused', 'refused']);
  await task.close();
});

it('a fault that is reported does not end a run, and is not over with it', async () => {
  const told: string[] = [];
  let ended = 0;
  const task = startPeriodicTask(
    async (report) => {
      report(new Error('one of many'));
      ended++;
    },
    { everyMs: EVERY_MS, onError: ({ message }) => told.push(message) },
  );
  await pass(2);
  expect([ended, told]).toEqual([2, ['one of many']]);
  await task.close();
});

it('begins at once where it shall, and does nothing while it is not possible', async () => {
  let runs = 0;
  let isPossible = true;
  const task = startPeriodicTask(
    async () => {
      runs++;
    },
    { everyMs: EVERY_MS, onError: () => {}, isPossible: () => isPossible, beginsNow: true },
  );
  expect(runs).toBe(1);
  isPossible = false;
  await pass(2);
  expect(runs).toBe(1);
  await task.close();
});
