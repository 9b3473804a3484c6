import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { boundedHttpClient } from './bounded-http-client.js';

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

const get = (endsAt: number) => {
  const { hostname, port } = new URL(stripe.url);
  const client = boundedHttpClient(Stripe.createNodeHttpClient(), endsAt);
  return client.makeRequest(hostname, port, '/v1/refunds/re_1', 'GET', {}, '', 'http', 80_000);
};

describe('an HTTP client with an end', () => {
  it('gives a call up at the end, however long the SDK would wait', async () => {
    stripe.script({ 'GET /v1/refunds/re_1': 'silence' });
    await expect(get(Date.now() + 100)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(stripe.sent).toHaveLength(1);
  });

  it('sends nothing after the end', async () => {
    stripe.script({ 'GET /v1/refunds/re_1': { body: {} } });
    await expect(get(Date.now() - 1)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(stripe.sent).toHaveLength(0);
  });
});
