import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { createUcsCodec, decodeUcs, encodeUcs } from './codec.js';
import { UcsDecodeError } from './codec-error.js';
import { UCS_SCHEMA, type UcsSchema } from './schema.js';

const AUTHORIZE = 'PaymentServiceAuthorizeRequest';
const authorize = {
  merchant_transaction_id: 'att_1',
  amount: { minor_amount: 1099, currency: 'USD' },
  payment_method: { card: { card_number: '4242424242424242', card_cvc: '123' } },
  capture_method: 'MANUAL',
};
const part = (request: unknown) => encodeUcs(AUTHORIZE, request);
const joined = (...parts: Uint8Array[]) => Buffer.concat(parts);
const decode = (...parts: Uint8Array[]) => decodeUcs(AUTHORIZE, joined(...parts));
/** A length-delimited field. */
const field = (id: number, bytes: Uint8Array) =>
  protobuf.Writer.create()
    .uint32((id << 3) | 2)
    .bytes(bytes)
    .finish();
const text = (value: string) => field(1, Buffer.from(value));

describe('decodeUcs', () => {
  it('speaks snake_case, enumerations by name and secrets as plain text', () => {
    expect(decode(part(authorize))).toEqual(authorize);
  });

  it('reads a Uint8Array that is no Buffer', () => {
    expect(decodeUcs(AUTHORIZE, new Uint8Array(part(authorize)))).toEqual(authorize);
  });

  it('skips fields it does not know, whatever their wire type', () => {
    const writer = protobuf.Writer.create();
    writer.uint32((1023 << 3) | 0).uint32(5);
    writer.uint32((1023 << 3) | 1).double(1);
    writer.uint32((1023 << 3) | 2).string('new');
    writer.uint32((1023 << 3) | 5).float(1);
    writer
      .uint32((1024 << 3) | 3)
      .uint32((1 << 3) | 2)
      .string('in a group')
      .uint32((1024 << 3) | 4);
    const unknown = writer.finish();
    expect(decode(unknown, part(authorize), unknown)).toEqual(authorize);
  });

  it('keeps the number of an enumeration value it does not know', () => {
    expect(decodeUcs('Money', encodeUcs('Money', { minor_amount: 1, currency: 9999 }))).toEqual({
      minor_amount: 1,
      currency: 9999,
    });
  });

  it('tells what is present and empty from what is absent', () => {
    const present = { test_mode: false, payment_method: { klarna: {} }, metadata: '', address: {} };
    expect(decode(part(present))).toEqual(present);
    expect(decode(part({ order_details: [] }))).toEqual({});
  });

  it('gives what JSON has no form for as text', () => {
    const bytes = encodeUcs('Money', { minor_amount: '-9223372036854775808' });
    expect(decodeUcs('Money', bytes)).toEqual({ minor_amount: '-9223372036854775808' });
    const body = encodeUcs('RequestDetails', { body: Buffer.from('{}').toString('base64') });
    expect(decodeUcs('RequestDetails', body)).toEqual({ body: 'e30=' });
    const nan = encodeUcs('SurchargeServiceCalculateResponse', { surcharge_percentage: Number.NaN });
    expect(decodeUcs('SurchargeServiceCalculateResponse', nan)).toEqual({ surcharge_percentage: 'NaN' });
  });

  it('keeps a map key named __proto__ as a key', () => {
    const headers = JSON.parse('{"__proto__":"a","10":"b"}');
    const decoded = decodeUcs('RequestDetails', encodeUcs('RequestDetails', { headers }));
    expect(JSON.stringify(decoded)).toBe('{"headers":{"10":"b","__proto__":"a"}}');
  });

  it('gives a map entry without a value its default, and keeps the last of two', () => {
    const entries = [field(3, text('a')), field(3, joined(text('b'), field(2, Buffer.from('1'))))];
    expect(decodeUcs('RequestDetails', joined(...entries, field(3, text('b'))))).toEqual({
      headers: { a: '', b: '' },
    });
  });

  describe('of a field that comes twice', () => {
    it('merges messages', () => {
      expect(decode(part({ customer: { name: 'A' } }), part({ customer: { id: 'c' } }))).toEqual({
        customer: { name: 'A', id: 'c' },
      });
    });

    it('lets the last member of a oneof win, in a merged message too', () => {
      const card = { payment_method: { card: { card_cvc: '123' } } };
      const klarna = { payment_method: { klarna: {} } };
      expect(decode(part(card), part(klarna))).toEqual(klarna);
      expect(decode(part(card), part(klarna), part({ payment_method: { card: {} } }))).toEqual({
        payment_method: { card: {} },
      });
    });

    it('merges the two halves of one member of a oneof', () => {
      const halves = [{ card_cvc: '123' }, { card_number: '4242' }];
      expect(decode(...halves.map((card) => part({ payment_method: { card } })))).toEqual({
        payment_method: { card: { card_cvc: '123', card_number: '4242' } },
      });
    });

    it('appends lists and takes the last text or number', () => {
      expect(
        decode(
          part({ merchant_transaction_id: 'a', order_details: [{ product_name: 'x' }] }),
          part({ merchant_transaction_id: 'b', order_details: [{ product_name: 'y' }] }),
        ),
      ).toEqual({
        merchant_transaction_id: 'b',
        order_details: [{ product_name: 'x' }, { product_name: 'y' }],
      });
    });

    it('lets a written default take back what came before', () => {
      const zero = Buffer.from([0x08, 0x00]);
      expect(decodeUcs('Money', joined(encodeUcs('Money', { minor_amount: 5 }), zero))).toEqual({});
    });
  });

  it('refuses bytes that are cut off anywhere, and says of which message', () => {
    const bytes = part({ ...authorize, test_mode: undefined });
    const ends = new Set<number>([0]); // a message that ends after a whole field is a message
    for (const name of Object.keys(authorize) as (keyof typeof authorize)[])
      ends.add(Math.max(...ends) + part({ [name]: authorize[name] }).length);
    for (let end = 0; end <= bytes.length; end += 1) {
      const cut = bytes.slice(0, end);
      if (ends.has(end)) expect(() => decode(cut)).not.toThrow();
      else
        expect(() => decode(cut)).toThrow(/^not a PaymentServiceAuthorizeRequest: malformed at byte \d+ of/);
    }
  });

  it.each([
    ['a field that runs past its message', Buffer.from([0x12, 1, 0x08, 5])],
    ['a text that runs past its wrapper', joined(Buffer.from([0x62, 2, 0x0a, 3]), text('a'))],
    ['a map value that runs past its entry', field(40, Buffer.from([0x12, 2, 0x12, 2, 0x61, 0x62]))],
    ['a length beyond the end', Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x07])],
    ['field number 0', Buffer.from([0x00, 0x01])],
    ['the end of a group that never began', Buffer.from([0x0c])],
    ['text that is not UTF-8', field(1, Buffer.from([0xff, 0xfe]))],
    ['a wrapped text that is not UTF-8', field(12, field(1, Buffer.from([0xc0, 0x80])))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decode(bytes)).toThrow(UcsDecodeError);
  });

  it('refuses messages nested too deep', () => {
    const codec = createUcsCodec(TREES);
    const tree = (depth: number) => {
      let bytes: Uint8Array = new Uint8Array();
      for (let at = 0; at < depth; at += 1) bytes = field(1, bytes);
      return bytes;
    };
    expect(() => codec.decode('Tree', tree(100))).not.toThrow();
    expect(() => codec.decode('Tree', tree(101))).toThrow('nested too deep');
    expect(() => codec.decode('Tree', tree(20_000))).toThrow(UcsDecodeError);
  });

  it('reads packed and unpacked lists alike', () => {
    const codec = createUcsCodec(TREES);
    const expected = { sizes: [1, 300, 2] };
    expect(codec.decode('Tree', Buffer.from([0x12, 4, 1, 0xac, 2, 2]))).toEqual(expected);
    expect(codec.decode('Tree', Buffer.from([0x10, 1, 0x10, 0xac, 2, 0x10, 2]))).toEqual(expected);
    expect(() => codec.decode('Tree', Buffer.from([0x12, 1, 0xac, 2]))).toThrow(UcsDecodeError);
  });

  it('answers noise with nothing but its own error, without a value', () => {
    const secret = '4242424242424242';
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (noise, cut) => {
        try {
          decode(part({ metadata: secret }).slice(0, cut), noise);
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION_ERROR', messageType: AUTHORIZE });
          expect(String(error)).not.toContain('4242');
          expect(String((error as Error).cause)).not.toContain(secret);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('names the message type that does not exist', () => {
    expect(() => decodeUcs('Nonesuch', new Uint8Array())).toThrow('UCS has no message Nonesuch');
  });
});

/** What the protocol does not have today: a message within itself, and packed lists of plain numbers. */
const TREES: UcsSchema = {
  ...UCS_SCHEMA,
  messages: {
    Tree: [
      { id: 1, name: 'child', type: 'message', of: 'Tree' },
      { id: 2, name: 'sizes', type: 'int32', repeated: true, packed: true },
    ],
  },
};
