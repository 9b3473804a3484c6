import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { readSettings, readSettingsHere } from './settings.js';
import { writeSession } from './up-session.js';

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function namesServer(toml: string, more: { nats?: string } = {}): boolean {
  const config = join(folder, 'nats-bridge.toml');
  writeFileSync(config, toml);
  return readSettings({ config, ...more }).namesServer;
}

describe('settings', () => {
  it('name a NATS server only where somebody did, the default one too', () => {
    vi.stubEnv('NATS_BRIDGE__BASE_URL', undefined);
    expect(namesServer('[nats_bridge]\nrequest_timeout_ms = 5000\n')).toBe(false);
    expect(namesServer('[nats_bridge]\nbase_url = "nats://localhost:4222"\n')).toBe(true);
    expect(namesServer('', { nats: 'nats://localhost:4222' })).toBe(true);
    vi.stubEnv('NATS_BRIDGE__BASE_URL', 'nats://localhost:4222');
    expect(namesServer('')).toBe(true);
  });

  it('say of a wrong --nats that it stands there', () => {
    expect(() => readSettings({ nats: 'localhost:4222' })).toThrow(
      /^nats_bridge\.base_url = "localhost:4222" \(--nats\): /,
    );
  });

  it('are those of the up that runs here only where nobody named a server', () => {
    vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
    vi.stubEnv('NATS_BRIDGE__BASE_URL', undefined);
    const up = { natsUrl: 'nats://127.0.0.1:4999', monitorUrl: 'http://127.0.0.1:8999' };
    const remove = writeSession({ ...up, grpcUrl: 'http://h:1', url: 'http://h:2', pid: process.pid });
    const config = join(folder, 'nats-bridge.toml');
    writeFileSync(config, '');
    const here = (more: { nats?: string } = {}) => {
      const { base_url, monitor_url } = readSettingsHere({ config, ...more }).bridge;
      return { base_url, monitor_url };
    };
    expect(here()).toEqual({ base_url: up.natsUrl, monitor_url: up.monitorUrl });
    // What a person or a file says counts, and serve, which asks readSettings, stays with its own.
    expect(here({ nats: 'nats://127.0.0.1:1' })).toEqual({
      base_url: 'nats://127.0.0.1:1',
      monitor_url: undefined,
    });
    expect(readSettings({ config }).bridge.base_url).toBe('nats://localhost:4222');
    remove();
    expect(here()).toEqual({ base_url: 'nats://localhost:4222', monitor_url: undefined });
  });
});
