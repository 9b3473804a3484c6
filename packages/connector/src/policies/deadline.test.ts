import { describe, expect, it } from 'vitest';
import { exchange, failingFirst } from '../testing/exchanges.js';
import { deadline } from './deadline.js';

describe('deadline', () => {
  it('bounds the wait by the configuration and by the caller, whichever is nearer', async () => {
    const { seen, send } = failingFirst(0, 'INTERNAL_ERROR');
    const bounded = deadline(
      () => 500,
      () => 1_000,
    )(send);
    await bounded(exchange());
    await bounded(exchange({ deadlineAt: 1_200 }));
    await bounded(exchange({ deadlineAt: 9_000 }));
    expect(seen.map(({ deadlineAt }) => deadlineAt)).toEqual([1_500, 1_200, 1_500]);
  });

  it('sends nothing that comes too late', async () => {
    const { seen, send } = failingFirst(0, 'INTERNAL_ERROR');
    await expect(deadline(() => 500)(send)(exchange({ deadlineAt: 1 }))).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'before_send',
    });
    expect(seen).toEqual([]);
  });
});
