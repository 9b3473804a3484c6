import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUcs } from './decode.js';
import { encodeUcs } from './encode.js';
import { isTextWrapper, UCS_METHODS, type UcsField, ucsEnum, ucsFields } from './schema.js';

/** The protobuf module the schema was derived from: the independent opinion on what bytes a message has. */
const { types } = createRequire(import.meta.url)(
  'hyperswitch-prism/dist/src/payments/generated/proto.js',
) as {
  types: Record<string, { encode(message: unknown): { finish(): Uint8Array } }>;
};

const TYPES = [
  ...new Set(UCS_METHODS.flatMap(({ requestType, responseType }) => [requestType, responseType])),
];

describe('UCS codec', () => {
  it.each(TYPES)('%s: bytes in = bytes out, by way of JSON', (messageType) => {
    fc.assert(
      fc.property(messageOf(messageType, 3), (message) => {
        const bytes = Buffer.from(referenceType(messageType).encode(message).finish());
        const travelled = JSON.parse(JSON.stringify(decodeUcs(messageType, bytes)));
        expect(Buffer.from(encodeUcs(messageType, travelled)).equals(bytes)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  const authorize = {
    merchant_transaction_id: 'att_1',
    amount: { minor_amount: 1099, currency: 'USD' },
    capture_method: 'MANUAL',
    payment_method: { card: { card_number: '4242424242424242', card_cvc: '123' } },
  };

  it('speaks snake_case, enumerations by name and secrets as plain text', () => {
    const bytes = encodeUcs('PaymentServiceAuthorizeRequest', authorize);
    expect(decodeUcs('PaymentServiceAuthorizeRequest', bytes)).toEqual(authorize);
  });

  it('skips fields it does not know', () => {
    const unknown = Buffer.from([0xfa, 0x3f, 0x03, 1, 2, 3, 0xf8, 0x3f, 0x05]); // fields 1023, bytes and varint
    const bytes = Buffer.concat([unknown, encodeUcs('PaymentServiceAuthorizeRequest', authorize), unknown]);
    expect(decodeUcs('PaymentServiceAuthorizeRequest', bytes)).toEqual(authorize);
  });

  it('keeps the number of an enumeration value it does not know', () => {
    const bytes = encodeUcs('Money', { minor_amount: 1, currency: 9999 });
    expect(decodeUcs('Money', bytes)).toEqual({ minor_amount: 1, currency: 9999 });
  });

  it('merges a message that comes in two parts, and lets the last member of a oneof win', () => {
    const part = (request: unknown) => encodeUcs('PaymentServiceAuthorizeRequest', request);
    const bytes = Buffer.concat([part({ customer: { name: 'A' } }), part({ customer: { id: 'c' } })]);
    expect(decodeUcs('PaymentServiceAuthorizeRequest', bytes)).toEqual({ customer: { name: 'A', id: 'c' } });
    const card = encodeUcs('PaymentMethod', { card: { card_cvc: '123' } });
    const klarna = encodeUcs('PaymentMethod', { klarna: {} });
    expect(decodeUcs('PaymentMethod', Buffer.concat([card, klarna]))).toEqual({ klarna: {} });
  });

  it('refuses bytes that are cut off, and says of which message', () => {
    const bytes = encodeUcs('PaymentServiceAuthorizeRequest', authorize);
    for (const end of [1, 5, 12, bytes.length - 1])
      expect(() => decodeUcs('PaymentServiceAuthorizeRequest', bytes.slice(0, end))).toThrow(
        /^not a PaymentServiceAuthorizeRequest: malformed at byte \d+ of \d+$/,
      );
  });

  it('never hangs or throws anything else on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          decodeUcs('PaymentServiceAuthorizeRequest', noise);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ValidationError', code: 'VALIDATION_ERROR' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [{ amount: { currency: 'USDD' } }, 'amount.currency: must be a Currency; did you mean USD?'],
    [{ amout: {} }, 'amout: is no field of this message; did you mean amount?'],
    [{ amount: { minor_amount: 1.5 } }, 'amount.minor_amount: must be a whole number in the range of int64'],
    [
      { amount: { minor_amount: '9223372036854775808' } },
      'amount.minor_amount: must be a whole number in the range of int64',
    ],
    [
      { payment_method: { card: {}, klarna: {} } },
      'payment_method.klarna: excludes card: only one of payment_method may be set',
    ],
    [
      { payment_method: { card: { card_number: 4242424242424242 } } },
      'payment_method.card.card_number: must be text',
    ],
    [{ order_details: {} }, 'order_details: must be a list'],
    [{ test_mode: 'yes' }, 'test_mode: must be true or false'],
  ])('refuses %j by path, without showing a value', (request, message) => {
    expect(() => encodeUcs('PaymentServiceAuthorizeRequest', request)).toThrow(
      `PaymentServiceAuthorizeRequest.${message}`,
    );
  });
});

function referenceType(name: string) {
  return name
    .split('.')
    .reduce<unknown>((scope, part) => (scope as Record<string, unknown>)[part], types) as {
    encode(message: unknown): { finish(): Uint8Array };
  };
}

/** Messages as protobufjs wants them: camelCase, numbers for enumerations, without written defaults. */
function messageOf(messageType: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = ucsFields(messageType).filter(
    (field) => depth > 0 || field.type !== 'message' || isTextWrapper(field.of ?? ''),
  );
  if (fields.length === 0) return fc.constant({});
  // A few fields at a time: every one comes up over the runs, and messages stay small.
  return fc
    .uniqueArray(fc.constantFrom(...fields), { maxLength: 6, selector: (field) => field.oneof ?? field.name })
    .chain((chosen) =>
      fc
        .record(Object.fromEntries(chosen.map((field) => [camel(field.name), fieldOf(field, depth)])))
        .map((message) => dropDefaults(message, chosen)),
    );
}

function fieldOf(field: UcsField, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryOf(field, depth);
  if (field.map !== undefined) {
    const key = fc.oneof(fc.string(), fc.constantFrom('7', '1', '__proto__', 'constructor'));
    return fc.uniqueArray(fc.tuple(key, value), { maxLength: 3, selector: ([name]) => name }).map(mapOf);
  }
  return field.repeated ? fc.array(value, { minLength: 1, maxLength: 3 }) : value;
}

function mapOf(entries: [string, unknown][]): object {
  const map = {};
  for (const [key, value] of entries) Object.defineProperty(map, key, { value, enumerable: true });
  return map;
}

function arbitraryOf(field: UcsField, depth: number): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'message':
      return isTextWrapper(field.of ?? '')
        ? fc.string({ unit: 'binary' }).map((value) => (value === '' ? {} : { value }))
        : messageOf(field.of ?? '', depth - 1);
    case 'enum':
      return fc.oneof(
        fc.constantFrom(...Object.values(ucsEnum(field.of ?? ''))),
        fc.integer({ min: 5_000, max: 6_000 }),
      );
    case 'string':
      return fc.string({ unit: 'binary' });
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case 'bool':
      return fc.boolean();
    case 'double':
      return fc.double();
    case 'int32':
      return fc.integer();
    case 'uint32':
      return fc.nat({ max: 2 ** 32 - 1 });
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((integer) => longBits(integer, false));
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((integer) => longBits(integer, true));
  }
}

function longBits(integer: bigint, unsigned: boolean) {
  const bits = BigInt.asUintN(64, integer);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned };
}

/** Canonical proto3 does not write the default of a field without presence. */
function dropDefaults(
  message: Record<string, unknown>,
  fields: readonly UcsField[],
): Record<string, unknown> {
  for (const field of fields) {
    const value = message[camel(field.name)];
    const isDefault =
      value === 0 ||
      value === '' ||
      value === false ||
      ((value as { low?: number })?.low === 0 && (value as { high?: number }).high === 0) ||
      (Buffer.isBuffer(value) && value.length === 0);
    if (field.implicit && isDefault) delete message[camel(field.name)];
  }
  return message;
}

/** pbjs' way of making camelCase. */
function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
