import { expect, it } from 'vitest';
import { bridgeConfigSchema } from './bridge-config.js';
import { strayVariables } from './stray-variables.js';

const straysIn = (...names: string[]) =>
  strayVariables({ nats_bridge: bridgeConfigSchema }, Object.fromEntries(names.map((name) => [name, 'x'])), [
    'NATS_BRIDGE_ADMIN_TOKEN',
  ]);

it('of the environment are told with the name that was meant', () => {
  expect(
    straysIn('NATS_BRIDGE_BASE_URL', 'NATS_BRIDGE_JETSTREAM_NUM_REPLICA', 'NATS_BRIDGE_ADMIN_TOKN'),
  ).toEqual([
    'NATS_BRIDGE_BASE_URL: no such environment variable is read; did you mean NATS_BRIDGE__BASE_URL?',
    expect.stringContaining('did you mean NATS_BRIDGE__JETSTREAM__NUM_REPLICAS'),
    expect.stringContaining('did you mean NATS_BRIDGE_ADMIN_TOKEN'),
  ]);
});

it('are not those that are read, nor those of somebody else', () => {
  expect(
    straysIn(
      'NATS_BRIDGE__BASE_URL',
      'NATS_BRIDGE_ADMIN_TOKEN',
      'NATS_BRIDGE_SERVICE_HOST',
      'NATS_BRIDGE_PORT',
      'PATH',
    ),
  ).toEqual([]);
});
