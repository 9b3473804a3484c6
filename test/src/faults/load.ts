/** The mixed load: payments of several merchants, each an authorize and what may follow it. */
import type { UcsClient } from '@nats-bridge/gateway';
import { ERROR_CODES, type JsonObject } from '@nats-bridge/protocol';
import { authorizeRequest, money } from '../stack-under-test.js';
import type { Call } from './checker.js';
import type { Random } from './random.js';

const MERCHANTS = ['merchant_a', 'merchant_b', 'merchant_c'];
const CALL_LIMIT_MS = 15_000;
const SUCCEEDED = new Set(['CHARGED', 'AUTHORIZED', 'VOIDED', 'REFUND_SUCCESS']);

export type LoadOptions = {
  readonly client: UcsClient;
  readonly payments: number;
  readonly inFlight: number;
  readonly random: Random;
  onCall(call: Call): void;
  /** Before each payment: how many were begun. */
  onPayment(begun: number): Promise<void> | void;
};

/** Calls a method and notes what its caller heard. */
export async function callAs(
  client: UcsClient,
  method: string,
  request: JsonObject,
  { merchant, resource, key }: { readonly merchant: string; readonly resource: string; readonly key: string },
): Promise<Call> {
  const at = Date.now();
  const metadata = { 'x-merchant-id': merchant, 'x-resource-id': resource, 'x-reference-id': resource };
  try {
    const response = await client.call(method, request, { metadata, timeoutMs: CALL_LIMIT_MS });
    const error = response.error as JsonObject | undefined;
    const code = (error?.connector_details as JsonObject | undefined)?.code;
    const ended = {
      kind: 'answered',
      status: String(response.status),
      id: String(response.connector_refund_id ?? response.connector_transaction_id ?? ''),
      ...(typeof code === 'string' && code in ERROR_CODES && { bridgeCode: code }),
    } as const;
    return { key: `${merchant} ${key}`, at, endedAt: Date.now(), ended };
  } catch (error) {
    const message = (error as Error).message.slice(0, 120);
    return { key: `${merchant} ${key}`, at, endedAt: Date.now(), ended: { kind: 'error', message } };
  }
}

export async function runLoad(options: LoadOptions): Promise<void> {
  const { client, payments, random, onCall } = options;
  let begun = 0;

  async function step(...args: [method: string, request: JsonObject, who: Parameters<typeof callAs>[3]]) {
    const call = await callAs(client, ...args);
    onCall(call);
    // Some callers are not sure that they were heard.
    if (random() < 0.03) onCall(await callAs(client, ...args));
    return call.ended.kind === 'answered' && SUCCEEDED.has(call.ended.status) ? call.ended.id : undefined;
  }

  async function payment(number: number): Promise<void> {
    const merchant = MERCHANTS[number % MERCHANTS.length] as string;
    const attempt = `att_${number}`;
    const isManual = random() < 0.4;
    const next = random();
    const id = await step(
      'PaymentService/Authorize',
      authorizeRequest(attempt, { capture_method: isManual ? 'MANUAL' : 'AUTOMATIC' }),
      { merchant, resource: attempt, key: `authorize:${attempt}` },
    );
    if (id === undefined) return;
    const payment = { connector_transaction_id: id };
    if (isManual && next < 0.7)
      await step(
        'PaymentService/Capture',
        { ...payment, merchant_capture_id: attempt, amount_to_capture: money(1_250) },
        { merchant, resource: attempt, key: `capture:${attempt}` },
      );
    else if (isManual)
      await step(
        'PaymentService/Void',
        { ...payment, merchant_void_id: attempt },
        { merchant, resource: attempt, key: `void:${attempt}` },
      );
    else if (next < 0.3)
      await step(
        'PaymentService/Refund',
        { ...payment, merchant_refund_id: `ref_${number}`, refund_amount: money(500) },
        { merchant, resource: `ref_${number}`, key: `refund:ref_${number}` },
      );
  }

  async function lane(): Promise<void> {
    while (begun < payments) {
      const number = begun++;
      await options.onPayment(begun);
      await payment(number);
    }
  }
  await Promise.all(Array.from({ length: options.inFlight }, lane));
}
