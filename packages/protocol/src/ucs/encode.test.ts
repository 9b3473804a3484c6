import { describe, expect, it } from 'vitest';
import { createUcsCodec, decodeUcs, encodeKnownUcs, encodeUcs } from './codec.js';
import { UcsEncodeError } from './codec-error.js';
import { UCS_SCHEMA, type UcsField, type UcsScalarType } from './schema.js';

const AUTHORIZE = 'PaymentServiceAuthorizeRequest';
const hex = (messageType: string, object: unknown) =>
  Buffer.from(encodeUcs(messageType, object)).toString('hex');

describe('encodeUcs', () => {
  it('writes fields by ascending number, whatever the order of the object', () => {
    const ordered = {
      merchant_transaction_id: 'a',
      amount: { minor_amount: 1, currency: 'USD' },
      test_mode: true,
    };
    const reversed = Object.fromEntries(Object.entries(ordered).reverse());
    expect(hex(AUTHORIZE, reversed)).toBe(hex(AUTHORIZE, ordered));
  });

  it('takes null and undefined as absent, also for the other members of a oneof', () => {
    const sparse = { test_mode: null, amount: undefined, payment_method: { card: null, klarna: {} } };
    expect(decodeUcs(AUTHORIZE, encodeUcs(AUTHORIZE, sparse))).toEqual({ payment_method: { klarna: {} } });
  });

  it.each([
    ['0', { minor_amount: 0 }],
    ['"0"', { minor_amount: '0' }],
    ['"-0"', { minor_amount: '-0' }],
    ['0n', { minor_amount: 0n }],
    ['the zero of an enumeration, by name', { currency: 'CURRENCY_UNSPECIFIED' }],
    ['and by number', { currency: 0 }],
  ])('does not write a default without presence: %s', (_, money) => {
    expect(hex('Money', money)).toBe('');
  });

  it('does not write empty text, bytes or false without presence', () => {
    expect(hex('RequestDetails', { method: 'HTTP_METHOD_UNSPECIFIED', headers: {}, body: '' })).toBe('');
    expect(hex('PaymentServiceGetResponse', { connector_transaction_id: '' })).toBe('');
    expect(hex('PaymentServiceSetupRecurringRequest', { enrolled_for_3ds: false })).toBe('');
  });

  it('writes a default with presence', () => {
    expect(hex(AUTHORIZE, { test_mode: false })).not.toBe('');
    expect(hex(AUTHORIZE, { metadata: '' })).not.toBe('');
  });

  it('takes integers as numbers, decimal text and the bigint of MessagePack readers', () => {
    for (const minor_amount of [5_000_000_000, '5000000000', 5_000_000_000n])
      expect(decodeUcs('Money', encodeUcs('Money', { minor_amount }))).toEqual({
        minor_amount: 5_000_000_000,
      });
  });

  it.each([
    [{ amount: { currency: 'USDD' } }, 'amount.currency: must be a Currency; did you mean USD'],
    [{ capture_method: 'manual' }, 'capture_method: must be a CaptureMethod; did you mean MANUAL'],
    [{ capture_method: 1.5 }, 'capture_method: must be a CaptureMethod'],
    [{ amount: { currency: '__proto__' } }, 'amount.currency: must be a Currency'],
    [{ amout: {} }, 'amout: is no field of this message; did you mean amount'],
    [{ captureMethod: 'MANUAL' }, 'captureMethod: is no field of this message; did you mean capture_method'],
    [{ amount: { minor_amount: 1.5 } }, 'amount.minor_amount: must be a whole number in the range of int64'],
    [
      { amount: { minor_amount: 2 ** 53 } },
      'amount.minor_amount: must be a whole number in the range of int64',
    ],
    [
      { amount: { minor_amount: '9223372036854775808' } },
      'amount.minor_amount: must be a whole number in the range of int64',
    ],
    [{ amount: 'USD 5' }, 'amount: must be an object'],
    [
      { payment_method: { card: {}, klarna: {} } },
      'payment_method.klarna: excludes card: only one of payment_method may be set',
    ],
    [{ payment_method: { card: { card_number: 4242 } } }, 'payment_method.card.card_number: must be text'],
    [{ description: 'a\ud800' }, 'description: must be well-formed Unicode text'],
    [{ order_details: {} }, 'order_details: must be a list'],
    [{ order_details: [{}, { amount: 'x' }] }, 'order_details.1.amount: must be a whole number'],
    [{ test_mode: 'yes' }, 'test_mode: must be true or false'],
    [{ redirection_response: { payload: { a: 1 } } }, 'redirection_response.payload.a: must be text'],
  ])('refuses %j by path', (request, message) => {
    expect(() => encodeUcs(AUTHORIZE, request)).toThrow(`${AUTHORIZE}.${message}`);
  });

  it('skips names that it does not know only where it is asked to, at every depth, and nothing else', () => {
    const known = { description: 'a', amount: { minor_amount: 1 } };
    const later = { ...known, amount: { minor_amount: 1, added: 2 }, added_later: { by: 'somebody' } };
    expect(encodeKnownUcs(AUTHORIZE, later)).toEqual(encodeUcs(AUTHORIZE, known));
    expect(() => encodeUcs(AUTHORIZE, later)).toThrow(
      /(amount\.added|added_later): is no field of this message/,
    );
    expect(() => encodeKnownUcs(AUTHORIZE, { ...later, test_mode: 'yes' })).toThrow(
      'test_mode: must be true',
    );
  });

  it('says message type, path and what was expected as data too', () => {
    const error = catchError(() => encodeUcs('Money', { currency: 'USDD' }));
    expect(error).toBeInstanceOf(UcsEncodeError);
    expect(error).toMatchObject({ messageType: 'Money', path: 'currency', code: 'VALIDATION_ERROR' });
    expect(catchError(() => encodeUcs('Money', []))).toMatchObject({
      path: '',
      message: 'Money: must be an object',
    });
  });

  it.each([
    { payment_method: { card: { card_number: 4242424242424242 } } },
    { payment_method: { card: { card_number: ['4242424242424242'] } } },
    { payment_method: { card: { card_number: '4242424242424242\ud800' } } },
    { payment_method: '4242424242424242' },
    { amount: { minor_amount: '4242424242424242.0' } },
    { amount: { currency: '4242424242424242' } },
    { '4242424242424242': true },
    { redirection_response: { payload: { '4242424242424242': 1 } } },
  ])('shows no value in the error of %j', (request) => {
    const error = catchError(() => encodeUcs(AUTHORIZE, request)) as Error;
    expect(error).toBeInstanceOf(UcsEncodeError);
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('4242');
  });

  it('refuses what contains itself', () => {
    const codec = createUcsCodec({
      ...UCS_SCHEMA,
      messages: { Tree: [{ id: 1, name: 'child', type: 'message', of: 'Tree' }] },
    });
    const tree: { child?: unknown } = {};
    tree.child = tree;
    expect(() => codec.encode('Tree', tree)).toThrow('is nested too deep');
  });

  it.each<[UcsScalarType, unknown[]]>([
    ['sint32', [-1, 2 ** 31 - 1, -(2 ** 31)]],
    ['fixed32', [1, 2 ** 32 - 1]],
    ['sfixed32', [-1, 2 ** 31 - 1]],
    ['sint64', [-1, '9223372036854775807', '-9223372036854775808']],
    ['fixed64', [1, '18446744073709551615']],
    ['sfixed64', [-1, '-9223372036854775808']],
    ['float', [1.5, '-0', 'NaN', '-Infinity']],
  ])('has %s, which the protocol does not use yet', (type, values) => {
    const field = (id: number, facts: Partial<UcsField>): UcsField => ({
      id,
      name: `f${id}`,
      type,
      ...facts,
    });
    const fields = [field(1, {}), field(2, { repeated: true, packed: true }), field(3, { map: 'string' })];
    const codec = createUcsCodec({ ...UCS_SCHEMA, messages: { All: fields } });
    for (const value of values) {
      const message = { f1: value, f2: [value, value], f3: { a: value } };
      expect(codec.decode('All', codec.encode('All', message))).toEqual(message);
    }
  });
});

function catchError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}
