import { expect, it } from 'vitest';
import { createProcessorClock } from './processor-clock.js';

function scene() {
  let now = 0;
  const clock = createProcessorClock(() => now);
  const ends: (() => void)[] = [];
  return {
    clock,
    at: (ms: number) => {
      now = ms;
    },
    call: () => clock.run(() => new Promise<void>((resolve) => ends.push(resolve))),
    end: () => ends.shift()?.(),
  };
}

it('counts calls one after the other, and what lies between them not', async () => {
  const { clock, at, call, end } = scene();
  expect(clock.ms()).toBeUndefined();
  const first = call();
  at(10);
  end();
  await first;
  at(50);
  const second = call();
  at(55);
  expect(clock.ms()).toBe(15);
  end();
  await second;
  at(90);
  expect(clock.ms()).toBe(15);
});

it('counts calls at the same time once', async () => {
  const { clock, at, call, end } = scene();
  const first = call();
  at(10);
  const second = call();
  at(20);
  end();
  await first;
  at(30);
  end();
  await second;
  expect(clock.ms()).toBe(30);
});

it('gives what the call gave, and throws what it threw', async () => {
  const { clock } = scene();
  expect(await clock.run(() => 7)).toBe(7);
  await expect(
    clock.run(() => {
      throw new TypeError('away');
    }),
  ).rejects.toThrow('away');
  expect(clock.ms()).toBe(0);
});
