/** `node test/dist/sealing-vectors.js`: writes docs/sealing-vectors.json anew, for workers in other languages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSealer, newCurveSeed, publicCurveKey } from '@nats-bridge/messaging';
import { HEADER, type Headers, requestContext, SEALED_TYPE } from '@nats-bridge/protocol';
import { ROOT } from './worker-process.js';

export const VECTORS_FILE = join(ROOT, 'docs/sealing-vectors.json');

export type SealingVectors = {
  /** Of the worker's curve key: a key for tests. */
  readonly seed: string;
  /** The bridge's public curve key. */
  readonly sender: string;
  readonly requests: readonly {
    readonly name: string;
    readonly subject: string;
    readonly headers: Headers;
    readonly body: string;
    /** Left out: it must be refused. */
    readonly opens?: string;
  }[];
};

const SUBJECT = 'hyperswitch.payments.merchant_1.authorize';
const HEADERS: Headers = {
  [HEADER.contentType]: SEALED_TYPE,
  [HEADER.merchantId]: 'merchant_1',
  [HEADER.paymentId]: 'pay_%C3%A4',
  [HEADER.idempotencyKey]: 'authorize:att_1',
  [HEADER.testMode]: 'false',
  [HEADER.correlationId]: '0190a1b2-0000-7000-8000-000000000001',
  [HEADER.operation]: 'authorize',
  [HEADER.deadline]: '1767225600000',
  [HEADER.replyTo]: 'hyperswitch.operations.merchant_1.authorize.att_1',
};

function makeVectors(): SealingVectors {
  const [worker, other, bridge, stranger] = [newCurveSeed(), newCurveSeed(), newCurveSeed(), newCurveSeed()];
  const opens = '{"operation":"authorize","amount":1250,"name":"Zoë"}';
  const seal = (seed = bridge, headers = HEADERS, recipients = [other, worker]) =>
    Buffer.from(
      createSealer({ seeds: [seed] }).seal(
        Buffer.from(opens),
        'application/json',
        requestContext(SUBJECT, headers),
        recipients.map(publicCurveKey),
      ),
    ).toString();
  const body = seal();
  const inInbox = { ...HEADERS, [HEADER.replyTo]: '_INBOX.one' };
  const changed = (change: (envelope: Record<string, unknown>) => object) =>
    JSON.stringify(change(JSON.parse(body) as Record<string, unknown>));
  const request = { subject: SUBJECT, headers: HEADERS };
  return {
    seed: worker.reveal(),
    sender: publicCurveKey(bridge),
    requests: [
      { ...request, name: 'as it was sealed', body, opens },
      { ...request, name: 'a retry, which is bound too', headers: { ...HEADERS, [HEADER.retry]: '1' }, body },
      { ...request, name: 'sealed with a retry', ...withRetry(seal), opens },
      {
        ...request,
        name: 'an inbox is not bound',
        headers: { ...inInbox, [HEADER.replyTo]: '_INBOX.two' },
        body: seal(bridge, inInbox),
        opens,
      },
      {
        ...request,
        name: 'moved to another subject',
        subject: SUBJECT.replace('merchant_1', 'merchant_2'),
        body,
      },
      {
        ...request,
        name: 'with another deadline',
        headers: { ...HEADERS, [HEADER.deadline]: '1767225600001' },
        body,
      },
      {
        ...request,
        name: 'for another record',
        headers: { ...HEADERS, [HEADER.replyTo]: 'hyperswitch.operations.merchant_1.authorize.att_2' },
        body,
      },
      { ...request, name: 'sealed by a stranger', body: seal(stranger) },
      { ...request, name: 'sealed for others', body: seal(bridge, HEADERS, [other]) },
      {
        ...request,
        name: 'of another type',
        body: changed((envelope) => ({ ...envelope, type: 'application/msgpack' })),
      },
      {
        ...request,
        name: 'with a nonce that is too short',
        body: changed((envelope) => ({ ...envelope, nonce: 'AAAA' })),
      },
      { ...request, name: 'without its data', body: changed(({ data: _data, ...envelope }) => envelope) },
      { ...request, name: 'no JSON', body: 'sealed' },
    ],
  };
}

function withRetry(seal: (seed: undefined, headers: Headers) => string) {
  const headers = { ...HEADERS, [HEADER.retry]: '2' };
  return { headers, body: seal(undefined, headers) };
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  writeFileSync(VECTORS_FILE, `${JSON.stringify(makeVectors(), undefined, 2)}\n`);
