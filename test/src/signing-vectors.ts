/** `node test/dist/signing-vectors.js`: writes docs/signing-vectors.json anew, for workers in other languages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMessageSigner, newSigningSeed, publicSigningKey } from '@nats-bridge/messaging';
import {
  HEADER,
  type Headers,
  SEALED_TYPE,
  signedReplyText,
  signedRequestText,
  signedWithdrawalText,
} from '@nats-bridge/protocol';
import { ROOT } from './worker-process.js';

export const SIGNING_VECTORS_FILE = join(ROOT, 'docs/signing-vectors.json');

export type SigningVectors = {
  /** Of the worker's user key: a key for tests. */
  readonly seed: string;
  /** The bridge's public user key. */
  readonly bridge: string;
  readonly requests: readonly {
    readonly name: string;
    readonly subject: string;
    readonly headers: Headers;
    readonly body: string;
    /** false: it must be refused. */
    readonly isGenuine: boolean;
  }[];
  /** Ed25519 is deterministic: a worker with the seed makes these very signatures. */
  readonly replies: readonly {
    readonly name: string;
    readonly requestHeaders: Headers;
    /** Of a reply that goes into the record; otherwise for the caller alone. */
    readonly isRecord: boolean;
    /** Of the delivery, with the header X-Refusal: no answer of the operation. */
    readonly isRefusal: boolean;
    readonly contentType: string;
    readonly body: string;
    readonly headers: Headers;
  }[];
  readonly withdrawals: readonly { readonly record: string; readonly headers: Headers }[];
};

const SUBJECT = 'hyperswitch.payments.merchant_1.authorize';
const RECORD = 'hyperswitch.operations.merchant_1.authorize.att_1';
const BODY = '{"operation":"authorize","amount":1250,"name":"Zoë"}';
const HEADERS: Headers = {
  [HEADER.contentType]: 'application/json',
  [HEADER.merchantId]: 'merchant_1',
  [HEADER.paymentId]: 'pay_%C3%A4',
  [HEADER.idempotencyKey]: 'authorize:att_1',
  [HEADER.testMode]: 'false',
  [HEADER.correlationId]: '0190a1b2-0000-7000-8000-000000000001',
  [HEADER.operation]: 'authorize',
  [HEADER.deadline]: '1767225600000',
  [HEADER.replyTo]: RECORD,
};

function makeVectors(): SigningVectors {
  const [worker, bridge, stranger] = [newSigningSeed(), newSigningSeed(), newSigningSeed()];
  const signerOf = (seed: typeof bridge) => createMessageSigner({ seeds: [seed], required: true });
  const sign = (headers = HEADERS, seed = bridge, body = BODY): Headers => ({
    ...headers,
    ...signerOf(seed).sign(signedRequestText(SUBJECT, { body: Buffer.from(body), headers })),
  });
  const request = (name: string, isGenuine: boolean, headers: Headers, over: object = {}) => ({
    name,
    isGenuine,
    subject: SUBJECT,
    headers,
    body: BODY,
    ...over,
  });
  const genuine = sign();
  const inInbox = sign({ ...HEADERS, [HEADER.replyTo]: '_INBOX.one' });
  const moved = (name: string, value: string) => ({ ...genuine, [name]: value });
  const without = (name: string) =>
    Object.fromEntries(Object.entries(genuine).filter(([one]) => one !== name));
  return {
    seed: worker.reveal(),
    bridge: publicSigningKey(bridge),
    requests: [
      request('as it was signed', true, genuine),
      request('signed with a retry', true, sign({ ...HEADERS, [HEADER.retry]: '2' })),
      request(
        'sealed, and signed as it travels',
        true,
        sign({ ...HEADERS, [HEADER.contentType]: SEALED_TYPE }),
      ),
      request('an inbox is not bound', true, { ...inInbox, [HEADER.replyTo]: '_INBOX.two' }),
      request(
        'a trace is not bound',
        true,
        moved(HEADER.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      ),
      request('with another body', false, genuine, { body: BODY.replace('1250', '9250') }),
      request('of another type', false, moved(HEADER.contentType, 'application/msgpack')),
      request('moved to another subject', false, genuine, {
        subject: SUBJECT.replace('merchant_1', 'merchant_2'),
      }),
      request('for another merchant', false, moved(HEADER.merchantId, 'merchant_2')),
      request('under another key', false, moved(HEADER.idempotencyKey, 'authorize:att_2')),
      request('for another record', false, moved(HEADER.replyTo, RECORD.replace('att_1', 'att_2'))),
      request('with another deadline', false, moved(HEADER.deadline, '1767225600001')),
      request('a retry that is none', false, moved(HEADER.retry, '1')),
      request('signed by a stranger', false, sign(HEADERS, stranger)),
      request('by a stranger in the name of the bridge', false, {
        ...sign(HEADERS, stranger),
        [HEADER.signatureKey]: publicSigningKey(bridge),
      }),
      request('without a signature', false, without(HEADER.signature)),
      request('without a key', false, without(HEADER.signatureKey)),
      request('with a signature that is none', false, moved(HEADER.signature, 'AAAA')),
    ],
    replies: [
      { name: 'into the record', isRecord: true, isRefusal: false, requestHeaders: HEADERS },
      { name: 'for the caller alone', isRecord: false, isRefusal: false, requestHeaders: HEADERS },
      { name: 'a refusal', isRecord: false, isRefusal: true, requestHeaders: HEADERS },
      {
        name: 'to a question',
        isRecord: false,
        isRefusal: false,
        requestHeaders: { ...HEADERS, [HEADER.replyTo]: '_INBOX.one' },
      },
    ].map((reply) => {
      const body = '{"status":"success","transaction_id":"txn_1"}';
      const contentType = 'application/json';
      const said = (name: string) => reply.requestHeaders[name] ?? '';
      const place = reply.isRecord
        ? { record: said(HEADER.replyTo) }
        : { correlationId: said(HEADER.correlationId) };
      const text = signedReplyText(said(HEADER.merchantId), said(HEADER.idempotencyKey), place, {
        body: Buffer.from(body),
        headers: { [HEADER.contentType]: contentType, ...(reply.isRefusal && { [HEADER.refusal]: '1' }) },
      });
      return { ...reply, contentType, body, headers: signerOf(worker).sign(text) };
    }),
    withdrawals: [{ record: RECORD, headers: signerOf(worker).sign(signedWithdrawalText(RECORD)) }],
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  writeFileSync(SIGNING_VECTORS_FILE, `${JSON.stringify(makeVectors(), undefined, 2)}\n`);
