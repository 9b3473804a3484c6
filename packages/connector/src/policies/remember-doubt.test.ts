import { BridgeError, type BridgeErrorCode, ValidationError } from '@nats-bridge/protocol';
import { describe, expect, it, vi } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { rememberDoubt } from './remember-doubt.js';

function lateAnswers() {
  const forget = vi.fn();
  return { forget, follow: vi.fn(() => ({ forget })), remember: vi.fn(async () => {}) };
}

describe('rememberDoubt', () => {
  it.each<BridgeErrorCode>(['NATS_TIMEOUT', 'CANCELLED', 'INVALID_WORKER_REPLY', 'INTERNAL_ERROR'])(
    'notes a call that ends with %s, and throws it on',
    async (code) => {
      const late = lateAnswers();
      const error = new BridgeError(code);
      const send = rememberDoubt(late)(async () => {
        throw error;
      });
      const one = exchange();
      await expect(send(one)).rejects.toBe(error);
      expect(late.remember).toHaveBeenCalledExactlyOnceWith(one);
      expect(late.forget).not.toHaveBeenCalled(); // a late reply may still come
    },
  );

  it.each([
    ['was answered', async () => success],
    [
      'was not sent',
      async () => {
        throw new BridgeError('NO_WORKERS_AVAILABLE');
      },
    ],
    [
      'was refused',
      async () => {
        throw new ValidationError('no');
      },
    ],
  ])('notes nothing of a call that %s', async (_what, end) => {
    const late = lateAnswers();
    await rememberDoubt(late)(end)(exchange()).catch(() => {});
    expect(late.remember).not.toHaveBeenCalled();
    expect(late.forget).toHaveBeenCalledOnce();
  });

  it('notes nothing where no stream keeps an answer', async () => {
    const late = lateAnswers();
    const send = rememberDoubt(late)(async () => {
      throw new BridgeError('NATS_TIMEOUT');
    });
    await expect(send(exchange({ isDurable: false }))).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(late.remember).not.toHaveBeenCalled();
  });
});
