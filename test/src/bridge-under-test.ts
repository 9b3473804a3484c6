/** A fresh server, a bridge and its gRPC door, for one test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { createUcsClient, startGateway } from '@nats-bridge/gateway';
import { startEmbeddedServer } from '@nats-bridge/messaging';

export type BridgeUnderTest = {
  readonly url: string;
  /** `host:port` of the gRPC door. */
  readonly grpcAddress: string;
  /** Authorizes a card payment over gRPC, as Hyperswitch does, and gives the UCS response. */
  authorize(attemptId: string): Promise<Record<string, unknown>>;
  /** Asks the JetStream API, e.g. `CONSUMER.LIST.PAYMENTS`. */
  jetstreamApi<T>(request: string, body?: object): Promise<T>;
  close(): Promise<void>;
};

export async function startBridge(config: BridgeConfigInput = {}): Promise<BridgeUnderTest> {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-system-'));
  const server = await startEmbeddedServer({ storeDir });
  const bridge = new NatsBridge({ request_timeout_ms: 10_000, ...config, base_url: server.url });
  await bridge.prepare();
  const gateway = await startGateway({ bridge, grpc: { port: 0 }, http: { port: 0 } });
  const client = createUcsClient(gateway.grpcUrl, {
    connector: 'imerchantsolutions',
    merchantId: 'merchant_1',
    apiKey: 'key',
  });
  return {
    url: server.url,
    grpcAddress: `127.0.0.1:${gateway.grpcPort}`,
    authorize: (attemptId) =>
      client.call(
        'PaymentService/Authorize',
        {
          merchant_transaction_id: attemptId,
          amount: { minor_amount: 1_250, currency: 'EUR' },
          capture_method: 'AUTOMATIC',
          auth_type: 'NO_THREE_DS',
          payment_method: {
            card: {
              card_number: '4242424242424242',
              card_exp_month: '12',
              card_exp_year: '2030',
              card_cvc: '123',
            },
          },
          test_mode: true,
        },
        { metadata: { 'x-resource-id': attemptId, 'x-reference-id': `pay_of_${attemptId}` } },
      ),
    async jetstreamApi<T>(request: string, body?: object): Promise<T> {
      const nats = await bridge.connection.get();
      const reply = await nats.request(`$JS.API.${request}`, body && JSON.stringify(body));
      const answer = reply.json<T & { error?: { description: string } }>();
      if (answer.error) throw new Error(`${request}: ${answer.error.description}`);
      return answer;
    },
    async close() {
      client.close();
      await gateway.close();
      await bridge.close();
      await server.stop();
      rmSync(storeDir, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition; looks every 10 ms, for at most 10 s. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited 10 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
