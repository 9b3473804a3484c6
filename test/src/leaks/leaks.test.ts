/**
 * P5: no card number, CVC, credential or name stands in anything that is written down, and with sealing on not even on
 * the wire or on the server's disk. The same search finds them where a protection is off, so it can find something.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { drive, type Gathered } from './drive.js';
import { MARKED, MARKS } from './marked.js';
import { cardNumbersIn, marksIn } from './marks.js';
import { filesWithWaysOut, SINKS, type Sink, WAYS_OUT } from './ways-out.js';

/** Where bodies are meant to be, unless they are sealed. */
const HOLD_BODIES: readonly Sink[] = ['wire', 'streams', 'backups'];

let sealed: Gathered;
let inClear: Gathered;

beforeAll(async () => {
  sealed = await drive(true);
  inClear = await drive(false);
}, 180_000);

describe('with sealing, nothing stands in', () => {
  it.each(SINKS)('%s', (sink) => {
    const text = sealed.sinks[sink];
    expect(text.length, `${sink} holds nothing to search`).toBeGreaterThan(0);
    expect(marksIn(text, MARKS)).toEqual([]);
    expect(cardNumbersIn(text)).toEqual([]);
  });
});

describe('without sealing, nothing stands in', () => {
  it.each(SINKS.filter((sink) => !HOLD_BODIES.includes(sink)))('%s all the same', (sink) => {
    expect(marksIn(inClear.sinks[sink], MARKS)).toEqual([]);
    expect(cardNumbersIn(inClear.sinks[sink])).toEqual([]);
  });
});

describe('a protection that is off is found out', () => {
  it.each(HOLD_BODIES)('sealing: %s holds what went through it', (sink) => {
    const found = marksIn(inClear.sinks[sink], MARKS);
    expect(found).toEqual(expect.arrayContaining(['api key', 'cvc', 'holder', 'card of the letter']));
    expect(cardNumbersIn(inClear.sinks[sink])).toContain(MARKED.lateCard);
  });

  it('masking: what an admin sees whole', () => {
    for (const { raw } of [sealed, inClear])
      expect(marksIn(raw, MARKS)).toEqual(['card of the late answer', 'api key', 'cvc', 'holder']);
  });
});

it('a backup holds whole streams, and is unpacked before it is searched', () => {
  // Subjects, which are in clear in either case.
  for (const { sinks } of [sealed, inClear])
    for (const subject of [
      'hyperswitch.payments.merchant_1.authorize',
      'hyperswitch.interventions.merchant_1.authorize',
      'hyperswitch.approvals.dlq.',
      'hyperswitch.audit.propose',
      'hyperswitch.logs.',
    ])
      expect(sinks.backups.includes(subject), subject).toBe(true);
});

describe('the search', () => {
  const value = 'Zelda Markedname';
  const mark = [{ name: 'it', value }];
  it.each([
    ['as it is', value],
    ['in the middle of base64', Buffer.from(`{"a":"${value}"}`).toString('base64')],
    ['in base64url', Buffer.from(`xy${value}?>`).toString('base64url')],
    ['in hex', Buffer.from(value).toString('hex').toUpperCase()],
    ['in a URL', encodeURIComponent(value)],
    ['in UTF-16', Buffer.from(value, 'utf16le').toString('latin1')],
  ])('finds a mark %s', (_how, text) => {
    expect(marksIn(`before ${text} after`, mark)).toEqual(['it']);
  });

  it('takes no span for a card', () => {
    const trace = '3072997816435584'.repeat(2);
    expect(
      cardNumbersIn(`00-${trace}-3072997816435584-01 {"spanId":"3072997816435584","x":"4242424242424242"}`),
    ).toEqual(['4242424242424242']);
  });

  it('finds a card number by its check digit, and no other number', () => {
    expect(cardNumbersIn('a 4242424242424242, b 4242424242424241, c 1700000000123456789')).toEqual([
      '4242424242424242',
    ]);
  });
});

it('every way out of the code leads to a sink that is searched', () => {
  const unknown = filesWithWaysOut().filter((file) => !(file in WAYS_OUT));
  expect(unknown, 'say in ways-out.ts where it leads').toEqual([]);
  const gone = Object.keys(WAYS_OUT).filter((file) => !filesWithWaysOut().includes(file));
  expect(gone, 'has no way out any more').toEqual([]);
});
