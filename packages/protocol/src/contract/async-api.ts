/** The contract as an AsyncAPI 3 document: a channel and a request-reply operation per row of the catalogue. */
import { HEADER } from '../message/headers.js';
import type { Operation } from '../operation-catalogue.js';
import { OPERATIONS, type OperationRow } from '../operation-catalogue.js';
import { defaultSubjectTemplate, WEBHOOK_TEMPLATE, webhookPattern } from '../subjects/subject.js';
import { jsonSchemas } from './json-schemas.js';

const HEADER_DOCUMENTATION: Readonly<Record<string, string>> = {
  [HEADER.merchantId]: 'Merchant id; percent-encoded outside printable ASCII.',
  [HEADER.paymentId]: 'Payment id; percent-encoded likewise.',
  [HEADER.idempotencyKey]: 'One key, one effect, one answer. Hand it to the processor.',
  [HEADER.testMode]: '"true" or "false".',
  [HEADER.correlationId]: 'The same as correlation_id in the body; a reply carries it back.',
  [HEADER.operation]: 'The operation, as in the body.',
  [HEADER.replyTo]: 'Publish the reply here, wait for the PubAck, then acknowledge.',
  [HEADER.deadline]: 'Milliseconds since the epoch. After it, do not begin.',
  [HEADER.contentType]: 'application/json or application/msgpack; reply in the same.',
  [HEADER.traceparent]: 'W3C trace context.',
};

const REPLY_HEADER_DOCUMENTATION: Readonly<Record<string, string>> = {
  [HEADER.correlationId]: 'As in the request.',
  [HEADER.contentType]: 'As in the request.',
  [HEADER.refusal]: '"1": this delivery is refused and nothing was done for it. Absent of an answer.',
};

export function asyncApi(version: string): object {
  const schemas = jsonSchemas();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'NATS Bridge worker contract',
      version,
      description: 'What a worker receives from NATS, and what it replies.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(OPERATIONS.map((row) => [row.operation, channelOf(row)])),
    operations: Object.fromEntries(OPERATIONS.map((row) => [row.operation, operationOf(row)])),
    components: {
      messages: {
        request: {
          name: 'NatsPaymentRequest',
          headers: headersOf(HEADER_DOCUMENTATION),
          payload: schemas['request.schema.json'],
        },
        response: {
          name: 'NatsPaymentResponse',
          headers: headersOf(REPLY_HEADER_DOCUMENTATION),
          payload: schemas['response.schema.json'],
        },
      },
    },
  };
}

function headersOf(documentation: Readonly<Record<string, string>>): object {
  const described = Object.entries(documentation).map(([name, description]) => [
    name,
    { type: 'string', description },
  ]);
  return { type: 'object', properties: Object.fromEntries(described) };
}

function channelOf({
  operation,
  channel,
  summary,
}: OperationRow & { readonly operation: Operation }): object {
  const isWebhook = channel === 'webhooks';
  const address = isWebhook ? WEBHOOK_TEMPLATE : defaultSubjectTemplate(operation);
  const parameters = {
    merchant_id: { description: 'Encoded: no dot, wildcard or blank.' },
    ...(isWebhook && { connector: { description: `Workers subscribe to ${webhookPattern()}.` } }),
  };
  return {
    address,
    summary,
    parameters,
    messages: {
      request: { $ref: '#/components/messages/request' },
      response: { $ref: '#/components/messages/response' },
    },
  };
}

function operationOf(row: OperationRow): object {
  const channel = { $ref: `#/channels/${row.operation}` };
  return {
    action: 'receive',
    channel,
    title: `${row.trait}: ${row.operation}`,
    description: `${row.summary} UCS: ${row.methods.join(', ')}.`,
    messages: [{ $ref: `#/channels/${row.operation}/messages/request` }],
    reply: {
      address: { location: `$message.header#/${HEADER.replyTo}` },
      channel,
      messages: [{ $ref: `#/channels/${row.operation}/messages/response` }],
    },
  };
}
