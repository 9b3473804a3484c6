/** Server-sent events, cut anywhere. */
import { expect, it } from 'vitest';
import { createEventParser } from './event-stream.js';

const TEXT = ': here\n\nevent: overview\ndata: {"a":1}\n\nevent: payment\r\ndata: one\r\ndata: two\r\n\r\n';
const EVENTS = [
  { event: 'overview', data: '{"a":1}' },
  { event: 'payment', data: 'one\ntwo' },
];

it.each([1, 2, 7, 1_000])('is the same in pieces of %i characters', (size) => {
  const parse = createEventParser();
  const events = [];
  for (let at = 0; at < TEXT.length; at += size) events.push(...parse(TEXT.slice(at, at + size)));
  expect(events).toEqual(EVENTS);
});

it('keeps what has not ended yet', () => {
  const parse = createEventParser();
  expect(parse('event: overview\ndata: 1\n')).toEqual([]);
  expect(parse('\n')).toEqual([{ event: 'overview', data: '1' }]);
});
