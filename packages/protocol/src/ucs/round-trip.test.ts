import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, encodeBody } from '../message/encoding.js';
import { decodeUcs, encodeUcs } from './codec.js';
import { isTextWrapper, UCS_METHODS, type UcsField, ucsEnum, ucsFields } from './schema.js';

/** The protobuf module the schema was derived from: the independent opinion on what bytes a message has. */
const { types } = createRequire(import.meta.url)(
  'hyperswitch-prism/dist/src/payments/generated/proto.js',
) as { types: Record<string, Reference> };

type Reference = { encode(message: unknown): { finish(): Uint8Array } };

const TYPES = [
  ...new Set(UCS_METHODS.flatMap(({ requestType, responseType }) => [requestType, responseType])),
];

describe('round trip', () => {
  it.each(TYPES)('%s: bytes in = bytes out, by way of JSON', (messageType) => {
    expectSameBytes(messageType, ANY_KEY, 100, (object) => JSON.parse(JSON.stringify(object)));
  });

  // msgpackr renames the key `__proto__` when it reads.
  it.each(['PaymentServiceAuthorizeRequest', 'PaymentServiceGetResponse', 'EventServiceHandleRequest'])(
    '%s: bytes in = bytes out, by way of MessagePack',
    (messageType) => {
      expectSameBytes(messageType, PLAIN_KEY, 100, (object) =>
        decodeBody(encodeBody(object, 'application/msgpack'), 'application/msgpack'),
      );
    },
  );
});

function expectSameBytes(
  messageType: string,
  mapKey: fc.Arbitrary<string>,
  numRuns: number,
  travel: (object: unknown) => unknown,
) {
  const reference = referenceOf(messageType);
  fc.assert(
    fc.property(messageOf(messageType, 3, mapKey), (message) => {
      const bytes = Buffer.from(reference.encode(message).finish());
      const encoded = encodeUcs(messageType, travel(decodeUcs(messageType, bytes)));
      expect(Buffer.from(encoded).toString('hex')).toBe(bytes.toString('hex'));
    }),
    { numRuns },
  );
}

function referenceOf(name: string): Reference {
  const path = name.split('.');
  return path.reduce<unknown>((scope, part) => (scope as typeof types)[part], types) as Reference;
}

const PLAIN_KEY = fc.string().filter((key) => key !== '__proto__');
const ANY_KEY = fc.oneof(fc.string(), fc.constantFrom('7', '1', '', '__proto__', 'constructor'));

/** Messages as protobufjs wants them: camelCase, numbers for enumerations, without written defaults. */
function messageOf(
  messageType: string,
  depth: number,
  mapKey: fc.Arbitrary<string>,
): fc.Arbitrary<Record<string, unknown>> {
  const fields = ucsFields(messageType).filter(
    ({ type, of = '' }) => depth > 0 || type !== 'message' || isTextWrapper(of),
  );
  if (fields.length === 0) return fc.constant({});
  // A few fields at a time: every one comes up over the runs, and messages stay small.
  return fc
    .uniqueArray(fc.constantFrom(...fields), { maxLength: 6, selector: ({ oneof, name }) => oneof ?? name })
    .chain((chosen) =>
      fc
        .record(Object.fromEntries(chosen.map((field) => [camel(field.name), fieldOf(field, depth, mapKey)])))
        .map((message) => withoutDefaults(message, chosen)),
    );
}

function fieldOf(field: UcsField, depth: number, mapKey: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const value = arbitraryOf(field, depth, mapKey);
  if (field.map !== undefined)
    return fc
      .uniqueArray(fc.tuple(mapKey, value), { minLength: 1, maxLength: 3, selector: ([key]) => key })
      .map(mapFrom);
  return field.repeated ? fc.array(value, { minLength: 1, maxLength: 3 }) : value;
}

function mapFrom(entries: [string, unknown][]): object {
  const map = {};
  for (const [key, value] of entries) Object.defineProperty(map, key, { value, enumerable: true });
  return map;
}

const TEXT = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constant(''));

function arbitraryOf(
  { type, of = '' }: UcsField,
  depth: number,
  mapKey: fc.Arbitrary<string>,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'message':
      return isTextWrapper(of)
        ? TEXT.map((value) => (value === '' ? {} : { value }))
        : messageOf(of, depth - 1, mapKey);
    case 'enum':
      return fc.oneof(fc.constantFrom(...Object.values(ucsEnum(of))), fc.integer());
    case 'string':
      return TEXT;
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case 'bool':
      return fc.boolean();
    case 'double':
    case 'float':
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity));
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return fc.integer();
    case 'uint32':
    case 'fixed32':
      return fc.nat({ max: 2 ** 32 - 1 });
    case 'uint64':
    case 'fixed64':
      return integers(0n, 2n ** 64n - 1n);
    default:
      return integers(-(2n ** 63n), 2n ** 63n - 1n);
  }
}

/** Of 64 bits, the ends and the edge of what a JavaScript number holds among them. */
function integers(min: bigint, max: bigint): fc.Arbitrary<unknown> {
  const edges = [0n, 1n, 2n ** 53n - 1n, 2n ** 53n, min, max];
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(...edges)).map((integer) => {
    const bits = BigInt.asUintN(64, integer);
    return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: min === 0n };
  });
}

/** Canonical proto3 does not write the default of a field without presence. */
function withoutDefaults(message: Record<string, unknown>, fields: readonly UcsField[]) {
  for (const { name, implicit } of fields)
    if (implicit && isDefault(message[camel(name)])) delete message[camel(name)];
  return message;
}

function isDefault(value: unknown): boolean {
  if (Object.is(value, 0) || value === '' || value === false) return true;
  const { low, high } = value as { low?: number; high?: number };
  return (low === 0 && high === 0) || (Buffer.isBuffer(value) && value.length === 0);
}

/** pbjs' way of making camelCase. */
function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
