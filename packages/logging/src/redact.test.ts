import { describe, expect, it } from 'vitest';
import { redact } from './redact.js';

describe('redact', () => {
  it.each([
    ['card 4242424242424242 declined', 'card [card] declined'],
    ['card 4242 4242-4242 4242', 'card [card]'],
    ['nats://bridge:s3cret@nats-1:4222 is away', 'nats://[secret]@nats-1:4222 is away'],
    ['{"api_key":"sk_live_1","x":1}', '{"api_key":"[secret]","x":1}'],
    ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
    ['two\r\nlines \u001b[2J', 'two lines  [2J'],
  ])('%j becomes %j', (message, redacted) => {
    expect(redact(message)).toBe(redacted);
  });

  it('leaves other numbers, and cuts what is too long', () => {
    expect(redact('sequence 4242424242424241 of 1700000000123')).toBe(
      'sequence 4242424242424241 of 1700000000123',
    );
    expect(redact('x'.repeat(5_000))).toHaveLength(1_000);
  });
});
