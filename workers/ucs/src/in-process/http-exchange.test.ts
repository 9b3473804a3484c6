import { afterEach, expect, it, vi } from 'vitest';
import { exchangeHttp } from './http-exchange.js';

afterEach(() => vi.unstubAllGlobals());

/** What fetch throws when the system call ends with this code. */
async function endingOf(cause: object) {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed', { cause })));
  const request = { url: 'https://processor.test/', method: 'POST', headers: {} };
  const { signal } = new AbortController();
  return (await exchangeHttp(request, { deadlineAt: Date.now() + 10_000, signal })).kind;
}

it.each(['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED'])(
  'knows that nothing was sent when no connection was made, and not when one was lost: %s',
  async (code) => {
    expect(await endingOf({ code, syscall: 'connect' })).toBe('not_sent');
    expect(await endingOf({ errors: [{ code, syscall: 'connect' }] })).toBe('not_sent');
    for (const syscall of ['read', 'write']) expect(await endingOf({ code, syscall })).toBe('unknown');
  },
);

it('knows that nothing was sent to a name or a certificate that is none', async () => {
  for (const code of ['ENOTFOUND', 'CERT_HAS_EXPIRED', 'UND_ERR_CONNECT_TIMEOUT'])
    expect(await endingOf({ code })).toBe('not_sent');
});
