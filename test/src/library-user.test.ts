/** A program that uses the library: it needs the packages connector and worker, and no other, types among them. */
import {
  BridgeError,
  type BridgeEvent,
  type Connection,
  createConnection,
  NatsBridge,
  type Operation,
  type Outcome,
  type Overlap,
  type RouterData,
  ValidationError,
} from '@nats-bridge/connector';
import {
  type BridgeRequest,
  type BridgeResponse,
  connectWorker,
  createWorker,
  type HandlerResponse,
  NotConnectedError,
  createConnection as ofWorkerPackage,
  type Operation as WorkerOperation,
} from '@nats-bridge/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BridgeUnderTest, startBridge } from './bridge-under-test.js';

const PAYMENT: RouterData = {
  merchant_id: 'merchant_1',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  test_mode: true,
  connector: 'my_processor',
  connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
  request: { amount: { minor_amount: 1_250, currency: 'EUR' }, capture_method: 'AUTOMATIC' },
};

let server: BridgeUnderTest;

beforeAll(async () => {
  server = await startBridge();
});
afterAll(() => server.close());

it('pays over a connection that its bridge and its worker share, and knows every type by name', async () => {
  const connection: Connection = createConnection({ servers: server.url });
  const overlaps: Overlap[] = [];
  const onEvent = (event: BridgeEvent) => {
    if (event.type === 'overlapping_consumers') overlaps.push(event.overlap);
  };
  const bridge = new NatsBridge({ base_url: server.url }, { connection, onEvent });
  const worker = createWorker({ connection, handlers: { authorize } });
  try {
    await bridge.prepare();
    await worker.start();
    const outcome = await pay(bridge, PAYMENT);
    expect(outcome).toMatchObject({ kind: 'answered', status: 'CHARGED', transactionId: 'my_att_1' });
    const reply: BridgeResponse | undefined = outcome.kind === 'answered' ? outcome.reply : undefined;
    expect(reply?.transaction_id).toBe('my_att_1');
    const other = { ...PAYMENT, request: { amount: { minor_amount: 1_251, currency: 'EUR' } } };
    const refusal: unknown = await pay(bridge, other).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ValidationError);
    expect(refusal).toBeInstanceOf(BridgeError);
    expect(overlaps).toEqual([]);
  } finally {
    await worker.stop();
    await bridge.close();
    await connection.close();
  }
});

it('catches by its class that no server is there', async () => {
  const nowhere = connectWorker({ servers: 'nats://127.0.0.1:1', name: 'nowhere' });
  await expect(nowhere.get()).rejects.toThrow(NotConnectedError);
  await nowhere.close();
});

it('gets one connection from either package', () => {
  expect(ofWorkerPackage).toBe(createConnection);
});

function pay(bridge: NatsBridge, data: RouterData): Promise<Outcome> {
  const operation: Operation & WorkerOperation = 'authorize';
  return bridge.execute(operation, data);
}

function authorize({ router_data }: BridgeRequest): HandlerResponse {
  return { status: 'success', transaction_id: `my_${router_data.attempt_id}` };
}
