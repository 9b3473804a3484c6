import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationError } from '@nats-io/nats-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionForTest, serverForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import type { Connection, ConnectionOptions } from './connection.js';
import type { ConnectionState } from './connection-state.js';

const quick = { initialMs: 10, maxMs: 20 };
function connection(servers: string, options: Partial<ConnectionOptions> = {}): Connection {
  return connectionForTest(servers, { reconnectBackoff: quick, ...options });
}

describe('createConnection', () => {
  it('connects on first use, once for all who ask at the same time', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url);
    expect(bridge.state).toBe('idle');
    const [one, two] = await Promise.all([bridge.get(), bridge.get()]);
    expect(one).toBe(two);
    expect(bridge.state).toBe('connected');
    expect(await bridge.rttMs()).toBeLessThan(1_000);
  });

  it('comes back with its subscriptions after credentials that were refused for a while, if it may for ever', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-users-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const users = join(folder, 'users.conf');
    const allow = (password: string) =>
      writeFileSync(users, `authorization { user: bridge, password: ${password} }`);
    allow('right');
    // Paths are those of the server's own folder.
    const nats = await serverForTest({ configuration: `include '${'../'.repeat(16)}${users}'` });
    const bridge = connection(nats.url.replace('//', '//bridge:right@'), { maxReconnects: -1 });
    let refusals = 0;
    bridge.onServerError((error) => {
      if (error instanceof AuthorizationError) refusals++;
    });
    const before = await bridge.get();
    before.subscribe('asked', { callback: (_, message) => void message.respond('here') });
    allow('wrong');
    await nats.stop();
    await nats.restart();
    await until('it is refused again and again', () => refusals > 3);
    allow('right');
    await nats.stop();
    await nats.restart();
    const after = await bridge.whenConnected({ deadlineAt: Date.now() + 10_000 });
    expect((await after.request('asked')).string()).toBe('here');
  });

  it('says that no server is there, without credentials, and connects when there is one', async () => {
    const nats = await serverForTest();
    await nats.stop();
    const bridge = connection(`nats://user:hunter2@127.0.0.1:${nats.port}`);
    const failure = await bridge.get().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NATS_UNREACHABLE', phase: 'before_send' });
    expect(String(failure)).toContain(`127.0.0.1:${nats.port}`);
    expect(String(failure)).not.toContain('hunter2');

    await nats.restart();
    await bridge.get();
    expect(bridge.state).toBe('connected');
  });

  it('reports every change of state through loss and return', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url, { maxReconnects: -1 });
    const seen: ConnectionState[] = [];
    bridge.onState(({ state }) => seen.push(state));
    await bridge.get();
    await nats.kill();
    await until('the loss to be noticed', () => bridge.state === 'reconnecting');
    expect(bridge.current).toBeUndefined();
    await nats.restart();
    await bridge.whenConnected({ deadlineAt: Date.now() + 5_000 });
    await bridge.close();
    expect(seen).toEqual([
      'connecting',
      'connected',
      'disconnected',
      'reconnecting',
      'connected',
      'draining',
      'closed',
    ]);
  });

  it('gives up after the configured attempts, and a later get connects anew', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url, { maxReconnects: 2 });
    const first = await bridge.get();
    await nats.kill();
    await until('the connection to give up', () => bridge.state === 'idle');
    await expect(bridge.get()).rejects.toMatchObject({ code: 'NATS_UNREACHABLE' });
    await nats.restart();
    expect(await bridge.get()).not.toBe(first);
    expect(bridge.state).toBe('connected');
  });

  it('waits for a reconnect no longer than the deadline, and no more operations than the limit', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url, { maxReconnects: -1, pendingLimit: 1 });
    await bridge.get();
    await nats.kill();
    await until('the loss to be noticed', () => bridge.current === undefined);
    const first = bridge.whenConnected({ deadlineAt: Date.now() + 100 });
    await expect(bridge.whenConnected({ deadlineAt: Date.now() + 100 })).rejects.toMatchObject({
      code: 'OVERLOADED',
      phase: 'before_send',
    });
    await expect(first).rejects.toMatchObject({ code: 'NATS_UNREACHABLE' });

    const cancel = new AbortController();
    const third = bridge.whenConnected({ deadlineAt: Date.now() + 60_000, signal: cancel.signal });
    cancel.abort(new Error('gave up'));
    await expect(third).rejects.toThrow('gave up');
  });

  it('sends what is under way before it closes, closes once, and stays closed', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url);
    const listener = connection(nats.url);
    const received: string[] = [];
    const open = await listener.get();
    open.subscribe('last.words', {
      callback: (_error, message) => {
        received.push(message.string());
      },
    });
    await open.flush();
    (await bridge.get()).publish('last.words', 'bye');
    await Promise.all([bridge.close(), bridge.close()]);
    await until('the message to arrive', () => received.length === 1);
    await expect(bridge.get()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await expect(bridge.whenConnected({ deadlineAt: Date.now() + 1_000 })).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
    });
  });

  it('closes while disconnected without waiting for the server', async () => {
    const nats = await serverForTest();
    const bridge = connection(nats.url, { maxReconnects: -1 });
    await bridge.get();
    await nats.kill();
    await until('the loss to be noticed', () => bridge.current === undefined);
    await bridge.close();
    expect(bridge.state).toBe('closed');
  });
});
