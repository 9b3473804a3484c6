/** What of a request or an answer may be shown to people: what is known to be harmless, and nothing else (P5). */
import { withoutCardNumbers } from './card-number.js';
import { ucsMethodOf } from './hyperswitch/ucs-request.js';
import { isOperation, operationRow } from './operation-catalogue.js';
import { isTextWrapper, type UcsField, ucsEnum, ucsFields } from './ucs/schema.js';

const MASK = '***';

/** Of the request message and of router_data; the payment itself is masked by its schema. */
const SHOWN = new Set([
  'operation',
  'merchant_id',
  'payment_id',
  'attempt_id',
  'refund_id',
  'payout_id',
  'connector',
  'payment_method',
  'test_mode',
  'tenant_id',
  'profile_id',
  'request_id',
  'correlation_id',
  'timestamp',
  'auth_type',
]);
/** Of an answer. */
const SHOWN_OF_ANSWER = new Set([
  'status',
  'transaction_id',
  'correlation_id',
  'attempt_status',
  'refund_status',
  'amount_captured',
]);
const SHOWN_OF_ERROR = new Set([
  'code',
  'message',
  'reason',
  'network_decline_code',
  'network_advice_code',
  'network_error_message',
]);
/** Text fields of UCS messages whose names say that they name or classify something. */
const NAMES_SOMETHING = /(^|_)(id|ids|status|type|reference)$/;
/** They stand in subjects and headers as well, and are how a payment is found. */
const IDS: ReadonlySet<string> = new Set(['merchant_id', 'payment_id', 'attempt_id', 'correlation_id']);

/** @param request as it was decoded; anything is taken */
export function maskRequest(request: unknown): unknown {
  if (!isObject(request)) return MASK;
  const { router_data, metadata, ...rest } = request;
  const operation = typeof rest.operation === 'string' ? rest.operation : '';
  return {
    ...maskedBut(rest, SHOWN),
    ...(metadata !== undefined && { metadata: MASK }),
    ...(router_data !== undefined && { router_data: maskRouterData(operation, router_data) }),
  };
}

/** @param patch a merge patch of the request in `router_data` */
export function maskPatch(operation: string, patch: unknown): unknown {
  return maskPayment(operation, patch);
}

function maskRouterData(operation: string, data: unknown): unknown {
  if (!isObject(data)) return MASK;
  const { request, connector_auth_type, ...rest } = data;
  return {
    ...maskedBut(rest, SHOWN),
    connector_auth_type: isObject(connector_auth_type) ? maskedBut(connector_auth_type, SHOWN) : MASK,
    request: maskPayment(operation, request),
  };
}

function maskPayment(operation: string, request: unknown): unknown {
  if (!isObject(request) || !isOperation(operation)) return MASK;
  try {
    return maskMessage(ucsMethodOf(operationRow(operation), request).requestType, request);
  } catch {
    return MASK;
  }
}

/** @param answer as it was decoded; anything is taken */
export function maskAnswer(answer: unknown): unknown {
  if (!isObject(answer)) return MASK;
  const { error, ...rest } = answer;
  return {
    ...maskedBut(rest, SHOWN_OF_ANSWER),
    ...(isObject(error) && { error: maskedBut(error, SHOWN_OF_ERROR) }),
  };
}

function maskMessage(messageType: string, message: unknown): unknown {
  if (!isObject(message)) return MASK;
  const fields = new Map(ucsFields(messageType).map((field) => [field.name, field]));
  return mapValues(message, (value, name) => {
    const field = fields.get(name);
    if (field === undefined || field.map !== undefined) return MASK;
    return Array.isArray(value) ? value.map((one) => maskField(field, one)) : maskField(field, value);
  });
}

/** By the type that the schema has: a secret that somebody wrote as a number is still one. */
function maskField({ name, type, of = '' }: UcsField, value: unknown): unknown {
  if (value === null) return null;
  switch (type) {
    case 'message':
      return isTextWrapper(of) ? maskText(name, value) : maskMessage(of, value);
    case 'enum':
      return isOfEnum(of, value) ? value : MASK;
    case 'string':
      return typeof value === 'string' && NAMES_SOMETHING.test(name) ? shown(value) : MASK;
    case 'bytes':
      return MASK;
    case 'bool':
      return typeof value === 'boolean' ? value : MASK;
    default:
      return typeof value === 'number' ? value : MASK;
  }
}

/** A number may be one that a later version of the protocol knows; it has 32 bits. */
function isOfEnum(name: string, value: unknown): boolean {
  return typeof value === 'number'
    ? (value | 0) === value
    : typeof value === 'string' && Object.hasOwn(ucsEnum(name), value);
}

/** The last four digits are what payer and support know a card by. */
function maskText(name: string, value: unknown): string {
  if (name !== 'card_number' || typeof value !== 'string') return MASK;
  const digits = value.replaceAll(/\D/g, '');
  return digits.length >= 12 && digits.length <= 19 ? `${MASK}${digits.slice(-4)}` : MASK;
}

function maskedBut(object: Readonly<Record<string, unknown>>, names: ReadonlySet<string>) {
  return mapValues(object, (value, name) => {
    if (!names.has(name)) return MASK;
    return IDS.has(name) && typeof value === 'string' ? value : shown(value);
  });
}

/** What a processor wrote may repeat a card number. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return withoutCardNumbers(value, MASK);
  if (typeof value === 'number') return withoutCardNumbers(String(value), '') === '' ? MASK : value;
  return typeof value === 'object' && value !== null ? MASK : value;
}

function mapValues(
  object: Readonly<Record<string, unknown>>,
  change: (value: unknown, name: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
