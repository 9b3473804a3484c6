import { describe, expect, it } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { applyTopology } from '../topology/apply-topology.js';
import { durabilityOf, isAtLeast, readDurability } from './durability.js';

async function serverWith(syncInterval: 'always' | '2m', storage: 'file' | 'memory' = 'file') {
  const { connection, server } = await brokerForTest({ syncInterval });
  await applyTopology(connection, { streams: [{ name: 'S', subjects: ['s'], storage }], consumers: [] });
  return { connection, server };
}

describe('durability', () => {
  it.each([
    ['file', 1, true, 'os_crash'],
    ['file', 3, true, 'node'],
    ['file', 1, false, 'process'],
    ['file', 3, false, 'process'],
    ['file', 3, 'not asked', 'process'],
    ['file', 3, 'no answer', 'process'],
    ['memory', 1, true, 'nothing'],
    ['memory', 3, true, 'process'],
  ] as const)(
    '%s with %i replicas, flushed %s, survives %s',
    (storage, wanted, flushesEachWrite, survives) => {
      const replicas = { current: wanted, wanted };
      expect(durabilityOf({ storage, replicas, flushesEachWrite }).survives).toBe(survives);
    },
  );

  it.each([
    ['file', { current: 2, wanted: 3 }, 'node', true],
    ['file', { current: 1, wanted: 3 }, 'os_crash', false],
    ['memory', { current: 1, wanted: 3 }, 'nothing', false],
    ['file', { current: 1, wanted: 2 }, 'os_crash', true],
  ] as const)('%s with %j replicas survives %s', (storage, replicas, survives, isKnown) => {
    const { current, wanted } = replicas;
    expect(durabilityOf({ storage, replicas, flushesEachWrite: true })).toEqual({
      survives,
      isKnown,
      because: expect.stringContaining(`${current} of ${wanted} replicas`),
    });
  });

  it('is what the running server says of itself', async () => {
    const always = await serverWith('always');
    expect(await readDurability(always.connection, 'S', always.server.monitorUrl)).toMatchObject({
      survives: 'os_crash',
    });
    const seldom = await serverWith('2m');
    expect(await readDurability(seldom.connection, 'S', seldom.server.monitorUrl)).toMatchObject({
      survives: 'process',
      because: expect.stringContaining('sync_interval: always'),
    });
    const memory = await serverWith('always', 'memory');
    expect((await readDurability(memory.connection, 'S', memory.server.monitorUrl)).survives).toBe('nothing');
  });

  it('is not taken for granted where the server cannot be asked', async () => {
    const { connection } = await serverWith('always');
    for (const [monitorUrl, isKnown] of [
      [undefined, true],
      ['http://127.0.0.1:1', false],
    ] as const)
      expect(await readDurability(connection, 'S', monitorUrl)).toMatchObject({
        survives: 'process',
        because: expect.stringContaining('monitor_url'),
        isKnown,
      });
  });

  it('has an order', () => {
    expect(isAtLeast('node', 'os_crash')).toBe(true);
    expect(isAtLeast('process', 'process')).toBe(true);
    expect(isAtLeast('process', 'os_crash')).toBe(false);
  });
});
