import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { within } from './within.js';

const LIMIT_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('gives what comes in time, and leaves no timer behind', async () => {
  const soon = new Promise((resolve) => setTimeout(resolve, LIMIT_MS - 1, 'there'));
  const waiting = within(LIMIT_MS, soon);
  await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
  expect(await waiting).toBe('there');
  expect(vi.getTimerCount()).toBe(0);
});

it('gives undefined at the limit, and hears of nothing that comes later', async () => {
  const late = new Promise((_, reject) => setTimeout(reject, LIMIT_MS + 1, new Error('too late')));
  const waiting = within(LIMIT_MS, late);
  await vi.advanceTimersByTimeAsync(LIMIT_MS);
  expect(await waiting).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('throws what fails in time', async () => {
  await expect(within(LIMIT_MS, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(vi.getTimerCount()).toBe(0);
});
