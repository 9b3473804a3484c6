import { expect, it } from 'vitest';
import { until } from '../testing/until.js';
import { believeFor } from './believe.js';

function asked(answers: readonly string[], ttlMs = 60_000) {
  const left = [...answers];
  const believe = believeFor<string>(ttlMs, (answer) => answer !== 'no');
  let times = 0;
  return {
    times: () => times,
    of: (key: string, isFresh?: boolean) =>
      believe(
        key,
        async () => {
          times++;
          return left.shift() ?? 'none';
        },
        isFresh,
      ),
  };
}

it('asks once for all who ask at the same time, and for who asks soon after', async () => {
  const { of, times } = asked(['yes']);
  expect(await Promise.all([of('a'), of('a')])).toEqual(['yes', 'yes']);
  expect(await of('a')).toBe('yes');
  expect(times()).toBe(1);
});

it('asks of each key for itself', async () => {
  const { of } = asked(['yes', 'other']);
  expect([await of('a'), await of('b'), await of('a')]).toEqual(['yes', 'other', 'yes']);
});

it('asks again where the answer counts for nothing, is too old, or is to be fresh', async () => {
  const { of } = asked(['no', 'yes', 'fresh']);
  expect([await of('a'), await of('a'), await of('a', true)]).toEqual(['no', 'yes', 'fresh']);
  const old = asked(['yes', 'later'], 20);
  await old.of('a');
  await until('it is too old', async () => (await old.of('a')) === 'later');
});

it('asks again after a question that failed', async () => {
  const believe = believeFor<string>(60_000, () => true);
  await expect(believe('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await believe('a', async () => 'yes')).toBe('yes');
});
