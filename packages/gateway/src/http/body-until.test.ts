import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyUntil } from './body-until.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(write: (response: ServerResponse) => void) {
  const closed: Promise<unknown>[] = [];
  const server = createServer((_, response) => {
    closed.push(once(response, 'close'));
    write(response);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, closed };
}

const drip = (response: ServerResponse) => {
  const timer = setInterval(() => response.write('x'), 5);
  response.once('close', () => clearInterval(timer));
};

async function* bodyOf(url: string, signal: AbortSignal) {
  const { body } = await fetch(url, { signal });
  if (body !== null) yield* bodyUntil(body, signal);
}

describe('a body read until a signal aborts', () => {
  it('ends then, though garbage was collected since it began, and the server sees the connection close', async () => {
    const { url, closed } = await serve(drip);
    const ending = new AbortController();
    setTimeout(async () => {
      for (let times = 0; times < 5; times++) {
        collectGarbage();
        await sleep(5);
      }
      ending.abort();
    }, 50);
    let chunks = 0;
    for await (const _ of bodyOf(url, AbortSignal.any([ending.signal]))) chunks++;
    expect(chunks).toBeGreaterThan(0);
    expect(ending.signal.aborted).toBe(true);
    await Promise.all(closed);
  });

  it('is whole when it ends before', async () => {
    const { url } = await serve((response) => response.end('all of it'));
    const chunks: Uint8Array[] = [];
    for await (const chunk of bodyOf(url, new AbortController().signal)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('all of it');
  });

  it('gives the connection up when no more of it is wanted', async () => {
    const { url, closed } = await serve(drip);
    for await (const _ of bodyOf(url, new AbortController().signal)) break;
    await Promise.all(closed);
  });

  it('tells when the connection breaks', async () => {
    const { url } = await serve((response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const reading = async () => {
      for await (const _ of bodyOf(url, new AbortController().signal));
    };
    await expect(reading()).rejects.toThrow('terminated');
  });
});
