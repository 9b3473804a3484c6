import { describe, expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { requireWorker } from './require-worker.js';

describe('requireWorker', () => {
  it('stops a request nobody would take before anything is sent', async () => {
    const send = requireWorker(async () => ({
      workers: 'nobody',
      consumers: Promise.resolve(undefined),
      pool: undefined,
    }))(async () => success);
    await expect(send(exchange())).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
      phase: 'before_send',
    });
  });
});
