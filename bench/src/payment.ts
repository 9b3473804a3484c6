/** What every case carries: an authorize, or a sync, whose NATS body has the wanted size. */
import {
  type BridgeRequest,
  encodeBody,
  encodeUcs,
  type JsonObject,
  operationRow,
  type RouterData,
  routerDataFromUcs,
} from '@nats-bridge/protocol';

/** Bytes of the JSON body on NATS. */
export const SIZES = { '1KiB': 1_024, '8KiB': 8_192 } as const;
export type Size = keyof typeof SIZES;

/** `authorize` moves money, and is stored three times; `sync` asks, and is stored once, as the bare floors are. */
export type Asked = 'authorize' | 'sync';
/** The UCS method and the message of each. */
export const UCS: Readonly<
  Record<Asked, { readonly path: string; readonly request: string; readonly response: string }>
> = {
  authorize: {
    path: '/types.PaymentService/Authorize',
    request: 'PaymentServiceAuthorizeRequest',
    response: 'PaymentServiceAuthorizeResponse',
  },
  sync: {
    path: '/types.PaymentService/Get',
    request: 'PaymentServiceGetRequest',
    response: 'PaymentServiceGetResponse',
  },
};

const MERCHANTS = Array.from({ length: 20 }, (_, index) => `merchant_${String(index).padStart(2, '0')}`);

/**
 * What the SDK worker answers, and the floors' workers too, so that all replies weigh the same. They add the correlation
 * id before it, not behind: what follows a spread costs V8 a microsecond a property, and a floor is to be low.
 */
export const REPLY = { status: 'success', transaction_id: 'txn_4f9a1c07' } as const;

export type Ids = { readonly merchantId: string; readonly attemptId: string };

/** Ids that no other run, process or payment has. */
export function idSource(): () => Ids {
  const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
  let count = 0;
  return () => {
    const number = ++count;
    return {
      merchantId: MERCHANTS[number % MERCHANTS.length] as string,
      attemptId: `att_${run}_${number.toString(36).padStart(6, '0')}`,
    };
  };
}

/** The UCS request as Hyperswitch sends it; its ids travel in the metadata, so the bytes can be made once. */
export function ucsRequestOf(size: Size, asked: Asked): Uint8Array {
  return encodeUcs(UCS[asked].request, ucsObject(size, asked));
}

/** gRPC metadata as Hyperswitch sends it. */
export function ucsMetadataOf({ merchantId, attemptId }: Ids): Record<string, string> {
  return {
    'x-connector': 'imerchantsolutions',
    'x-merchant-id': merchantId,
    'x-tenant-id': 'public',
    'x-auth': 'header-key',
    'x-api-key': 'bench',
    'x-reference-id': attemptId,
    'x-resource-id': attemptId,
  };
}

/** What a caller of the library passes. */
export function routerDataSource(size: Size, asked: Asked): (ids: Ids) => RouterData {
  const template = routerDataOf(
    ucsObject(size, asked),
    { merchantId: 'merchant_00', attemptId: 'att_0' },
    asked,
  );
  return ({ merchantId, attemptId }) => ({
    ...template,
    merchant_id: merchantId,
    payment_id: attemptId,
    attempt_id: attemptId,
  });
}

/** The request on NATS of each payment, for the floors, which make its JSON as the bridge does. */
export function natsRequestSource(size: Size): (ids: Ids) => BridgeRequest {
  const template = requestOf(
    ucsObject(size, 'authorize'),
    { merchantId: 'merchant_00', attemptId: 'att_0' },
    'authorize',
  );
  return ({ merchantId, attemptId }) => ({
    ...template,
    merchant_id: merchantId,
    payment_id: attemptId,
    router_data: {
      ...template.router_data,
      merchant_id: merchantId,
      payment_id: attemptId,
      attempt_id: attemptId,
    },
    correlation_id: attemptId,
  });
}

/** What a floor does with a body: the least any program that speaks JSON can do. */
export const toJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
export const fromJson = (body: Uint8Array): unknown =>
  JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());

/** Throws unless a floor's reply is an answer to its request. */
export function assertAnswers(body: Uint8Array, correlationId: string): void {
  const reply = fromJson(body) as { status?: unknown; correlation_id?: unknown };
  if (reply.status !== REPLY.status || reply.correlation_id !== correlationId)
    throw new Error('not the answer to this request');
}

function ucsObject(size: Size, asked: Asked): JsonObject {
  const missing = SIZES[size] - bodyOf(ucsObjectWith('', asked), asked).byteLength;
  return ucsObjectWith('x'.repeat(Math.max(0, missing)), asked);
}

function bodyOf(ucs: JsonObject, asked: Asked): Uint8Array {
  return encodeBody(
    requestOf(ucs, { merchantId: 'merchant_00', attemptId: 'att_000000_0000000_000000' }, asked),
  );
}

function requestOf(ucs: JsonObject, ids: Ids, asked: Asked): BridgeRequest {
  const data = routerDataOf(ucs, ids, asked);
  return {
    operation: asked,
    merchant_id: data.merchant_id,
    payment_id: data.payment_id,
    router_data: data,
    metadata: { connector: data.connector, tenant_id: 'public' },
    correlation_id: '00000000-0000-4000-8000-000000000000',
    timestamp: 1_700_000_000,
  };
}

function routerDataOf(ucs: JsonObject, { merchantId, attemptId }: Ids, asked: Asked): RouterData {
  return routerDataFromUcs(operationRow(asked), ucs, {
    connector: 'imerchantsolutions',
    merchantId,
    auth: { auth_type: 'HeaderKey', api_key: 'bench' },
    referenceId: attemptId,
    resourceId: attemptId,
    tenantId: 'public',
    isShadow: false,
  });
}

function ucsObjectWith(padding: string, asked: Asked): JsonObject {
  const amount = { minor_amount: 2_500, currency: 'EUR' };
  if (asked === 'sync')
    return {
      merchant_transaction_id: 'att_bench',
      connector_transaction_id: REPLY.transaction_id,
      capture_method: 'AUTOMATIC',
      amount,
      test_mode: true,
      encoded_data: padding,
    };
  return {
    merchant_transaction_id: 'att_bench',
    amount,
    capture_method: 'AUTOMATIC',
    auth_type: 'NO_THREE_DS',
    payment_method: {
      card: {
        card_number: '4242424242424242',
        card_exp_month: '12',
        card_exp_year: '2030',
        card_cvc: '123',
        card_holder_name: 'Jo Doe',
      },
    },
    test_mode: true,
    description: padding,
  };
}
