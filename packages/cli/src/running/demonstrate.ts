/** One payment through its life cycle, shown to who has just started everything. */
import { createUcsClient } from '@nats-bridge/gateway/client';
import { mark, table } from '../output/terminal.js';
import { runLifeCycle, type Step } from './life-cycle.js';

/** What a demonstration must end with to count as working. */
const EXPECTED = {
  authorize: 'AUTHORIZED',
  capture: 'CHARGED',
  sync: 'CHARGED',
  refund: 'REFUND_SUCCESS',
  refund_sync: 'REFUND_SUCCESS',
  void: 'VOIDED',
} as const satisfies Record<string, string>;

export type DemonstrationOptions = {
  /** Of the gRPC door, which has no TLS. */
  readonly grpcUrl: string;
  readonly natsVersion: string;
  /** When the start began, by `performance.now()`. */
  readonly startedAt: number;
  /** One JSON object: {ok, nats_version, operations, total_ms}. Default: a table. */
  readonly json?: boolean | undefined;
};

export type Demonstrated = { readonly isOk: boolean; readonly paymentId: string | undefined };

export async function demonstrate({
  grpcUrl,
  natsVersion,
  startedAt,
  json,
}: DemonstrationOptions): Promise<Demonstrated> {
  const client = createUcsClient(grpcUrl, {
    connector: 'imerchantsolutions',
    merchantId: 'merchant_demo',
    apiKey: 'sandbox',
  });
  const steps: Step[] = [];
  try {
    await runLifeCycle(
      { client, onStep: (step) => steps.push(step) },
      { minorAmount: 2_500, currency: 'EUR', cardNumber: '4242424242424242' },
    );
  } finally {
    client.close();
  }
  const isOk = steps.every(
    ({ operation, status }) => EXPECTED[operation as keyof typeof EXPECTED] === status,
  );
  const paymentId = steps[0]?.paymentId;
  if (!json) {
    console.log(`\nA payment of 25.00 EUR, from gRPC through NATS to the worker and back:\n`);
    console.log(
      table(
        ['operation', 'status', 'ms', 'id'],
        steps.map((step) => [step.operation, step.status, step.ms.toFixed(2), step.detail]),
      ),
    );
    if (!isOk) console.log(`\n${mark.failed()} a step did not end as it should`);
    return { isOk, paymentId };
  }
  const operations = steps.map(({ operation, status, ms }) => ({ operation, status, ms }));
  console.log(
    JSON.stringify({
      ok: isOk,
      nats_version: natsVersion,
      operations,
      total_ms: Math.round(performance.now() - startedAt),
    }),
  );
  return { isOk, paymentId };
}
