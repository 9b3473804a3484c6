/** What a command says of a server that is not there. */
import { bridgeConfigSchema, NotConnectedError } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { serverFailure } from './server-failure.js';

const away = new NotConnectedError(['localhost:4222'], 'no NATS server could be reached');

it('says where a server comes from to who named none', () => {
  expect(serverFailure(away, bridgeConfigSchema.parse({}))).toMatchObject({
    message: expect.stringMatching(/could be reached.*nats-bridge up starts one.*--nats.*names another\.$/),
  });
});

it('is what it was to who named one', () => {
  const named = bridgeConfigSchema.parse({ base_url: 'nats://127.0.0.1:14222' });
  expect(serverFailure(away, named)).toBe(away);
});
