/** Requests and answers as the tests of signing send, forge and read them. */
import type { BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { createMessageSigner, encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import { HEADER, type Outcome, type RouterData, recordSubject, signedReplyText } from '@nats-bridge/protocol';
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { expect } from 'vitest';
import type { Mode } from '../stack-under-test.js';
import { until } from '../until.js';
import type { Key } from './signing-scene.js';

export const AUTHORIZE = 'hyperswitch.payments.merchant_1.authorize';
export const SUCCESS = { status: 'success', transaction_id: 'txn_1' } as const satisfies HandlerResponse;
export const CHARGED = { kind: 'answered', status: 'CHARGED' } as const;

export type Move = {
  readonly subject?: string;
  readonly headers?: Record<string, string>;
  readonly change?: (text: string) => string;
};
export function inMode(mode: Mode): BridgeConfigInput {
  return { jetstream_enabled: mode === 'durable' };
}

export async function listen(bridge: NatsBridge): Promise<Msg[]> {
  const heard: Msg[] = [];
  const nats = await bridge.connection.get();
  const keep = (_: unknown, message: Msg) => {
    if (message.data.length > 0 && readHeaders(message)[HEADER.correlationId] !== undefined)
      heard.push(message);
  };
  for (const subject of ['hyperswitch.payments.>', 'hyperswitch.operations.>', '_INBOX.>'])
    nats.subscribe(subject, { callback: keep });
  await nats.flush();
  return heard;
}

export function sendAgain(
  bridge: NatsBridge,
  request: Msg,
  { subject, headers, change }: Move,
): Promise<void> {
  const body = change === undefined ? request.data : Buffer.from(change(request.string()));
  return publish(bridge, subject ?? request.subject, body, {
    ...readHeaders(request),
    'Nats-Msg-Id': 'again',
    ...headers,
  });
}

export async function publish(
  bridge: NatsBridge,
  subject: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<void> {
  const nats: NatsConnection = await bridge.connection.get();
  nats.publish(subject, body, { headers: encodeHeaders(headers) });
  await nats.flush();
}

export async function record(
  bridge: NatsBridge,
  attempt: string,
  body: Uint8Array,
  headers: Record<string, string>,
) {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('Nats-'));
  await publish(bridge, recordSubject('merchant_1', `authorize:${attempt}`), body, Object.fromEntries(kept));
  await until(
    'the stream to have it',
    async () => (await lastRecord(bridge, attempt)).data.length === body.length || undefined,
  );
}

export async function lastRecord(bridge: NatsBridge, attempt: string): Promise<Msg> {
  const nats = await bridge.connection.get();
  const subject = recordSubject('merchant_1', `authorize:${attempt}`);
  return nats.request(`$JS.API.DIRECT.GET.OPERATIONS.${subject}`);
}

export function answerOf(more: Record<string, string>) {
  const answer = { status: 'success', transaction_id: 'forged', ...more };
  return {
    body: Buffer.from(JSON.stringify(answer)),
    headers: { [HEADER.contentType]: 'application/json' },
  };
}

/** As a worker with this key would sign it, for the request or for another. */
export function signedBy(
  { seed }: Key,
  request: Pick<Msg, 'headers'>,
  answer: ReturnType<typeof answerOf>,
  other: { readonly correlationId?: string; readonly key?: string; readonly isForCaller?: boolean } = {},
) {
  const headers = readHeaders(request);
  const key = other.key ?? headers[HEADER.idempotencyKey] ?? '';
  const replyTo = headers[HEADER.replyTo] ?? '';
  const place =
    !other.isForCaller && replyTo.startsWith('hyperswitch.operations.')
      ? { record: other.key === undefined ? replyTo : recordSubject('merchant_1', other.key) }
      : { correlationId: other.correlationId ?? correlationIn(request) };
  const text = signedReplyText(headers[HEADER.merchantId] ?? '', key, place, answer);
  const signer = createMessageSigner({ seeds: [seed], required: true });
  return { ...answer, headers: { ...answer.headers, ...signer.sign(text) } };
}

export function correlationIn(request: Pick<Msg, 'headers'>): string {
  return readHeaders(request)[HEADER.correlationId] ?? '';
}

export function expectNoSuccess(outcome: Outcome): void {
  expect(outcome.kind === 'answered' && outcome.reply.status === 'success').toBe(false);
}

export function idOf(outcome: Outcome): string | undefined {
  return outcome.kind === 'answered' ? outcome.transactionId : undefined;
}

export function payment(attempt: string): RouterData {
  return {
    merchant_id: 'merchant_1',
    payment_id: `pay_${attempt}`,
    attempt_id: attempt,
    connector: 'stripe',
    connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
    test_mode: true,
    request: {
      amount: { minor_amount: 1_000, currency: 'EUR' },
      payment_method: { card: { card_number: '4000056655665556' } },
    },
  };
}
