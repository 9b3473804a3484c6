import { expect, it } from 'vitest';
import { createCachedReading } from './cached-reading.js';

function scene(read: () => Promise<number> | undefined) {
  let now = 0;
  let asked = 0;
  const reading = createCachedReading(
    () => {
      asked++;
      return read();
    },
    { maxAgeMs: 100, timeoutMs: 20, now: () => now },
  );
  return { reading, asked: () => asked, pass: (ms: number) => (now += ms) };
}

it('asks once for all who ask at the same time or soon after, and again later', async () => {
  let value = 1;
  const { reading, asked, pass } = scene(async () => value++);
  expect(await Promise.all([reading.get(), reading.get()])).toEqual([1, 1]);
  pass(100);
  expect(await reading.get()).toBe(1);
  expect(asked()).toBe(1);
  pass(1);
  expect(await reading.get()).toBe(2);
});

it('gives up what does not come in time, and asks nobody again until it came or failed', async () => {
  let answer: (value: number) => void = () => {};
  const { reading, asked } = scene(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  expect(await reading.get()).toBeUndefined();
  expect(await reading.get()).toBeUndefined();
  expect(asked()).toBe(1);
  answer(7);
  expect(await reading.get()).toBe(7);
});

it.each([
  ['fails', () => Promise.reject(new Error('away'))],
  ['cannot be asked', () => undefined],
])('has nothing of what %s, and no old value', async (_, read) => {
  let isWell = true;
  const { reading, pass } = scene(() => (isWell ? Promise.resolve(1) : read()));
  expect(await reading.get()).toBe(1);
  isWell = false;
  pass(101);
  expect(await reading.get()).toBeUndefined();
});
