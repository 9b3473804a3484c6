import { expect, it } from 'vitest';
import { asJson } from './as-json.js';

it('has fields in snake_case at any depth, and values as they are', () => {
  const plan = {
    mayRunUntil: new Date(0),
    mirrors: [{ lastSeq: 3, silentMs: undefined, stream: 'OPERATIONS' }],
    config: { max_age: 1, name: 'aB' },
    resumed: null,
  };
  expect(asJson(plan)).toBe(
    '{"may_run_until":"1970-01-01T00:00:00.000Z","mirrors":[{"last_seq":3,"stream":"OPERATIONS"}],"config":{"max_age":1,"name":"aB"},"resumed":null}',
  );
});

it('leaves what is named after a stream with the name of the stream', () => {
  expect(asJson({ DEAD_LETTERS: 2, lastSeq: 3 })).toBe('{"DEAD_LETTERS":2,"last_seq":3}');
});
