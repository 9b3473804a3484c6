/** A bridge without workers, for tests that bring their own; on top of the whole stack. */
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { startStack } from './stack-under-test.js';

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
  const mode = config.jetstream_enabled === false ? 'core' : 'durable';
  const stack = await startStack({ mode, config, sandbox: false });
  return {
    url: stack.server.url,
    grpcAddress: stack.grpcUrl.replace('http://', ''),
    authorize: (attemptId) =>
      stack.call(
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
        attemptId,
      ),
    async jetstreamApi<T>(request: string, body?: object): Promise<T> {
      const nats = await stack.nats();
      const reply = await nats.request(`$JS.API.${request}`, body && JSON.stringify(body));
      const answer = reply.json<T & { error?: { description: string } }>();
      if (answer.error) throw new Error(`${request}: ${answer.error.description}`);
      return answer;
    },
    close: stack.close,
  };
}
