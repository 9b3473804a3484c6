import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from './settings.js';

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
});
