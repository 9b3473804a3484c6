import { expect, it, vi } from 'vitest';
import { createObservers, type Observation } from './observation.js';

const began: Observation = { type: 'call_began', operation: 'authorize', connector: 'stripe' };

it('tells all observers until they have had enough', () => {
  const { tell, add } = createObservers();
  const [one, other] = [vi.fn(), vi.fn()];
  const stop = add(one);
  add(other);
  tell(began);
  stop();
  tell(began);
  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 2]);
});

it('an observer that throws keeps nobody from his payment', async () => {
  const { tell, add } = createObservers();
  const after = vi.fn();
  add(() => {
    throw new Error('of the observer');
  });
  add(after);
  const thrown = new Promise((resolve) => {
    const usual = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const listener of usual) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
  tell(began);
  expect(after).toHaveBeenCalledOnce();
  expect(await thrown).toMatchObject({ message: 'of the observer' });
});
