import { describe, expect, it } from 'vitest';
import { recordable, withoutSecrets } from './without-secrets.js';

describe('what Stripe says, without secrets', () => {
  it.each([
    'Invalid API Key provided: sk_test_********************1234',
    'Expired API Key provided: rk_live_51abc',
    'Your card 4242 4242 4242 4242 was declined',
    'No such account DE89370400440532013000',
    'pi_3abc_secret_def is not valid',
    'whsec_abc',
  ])('masks %s', (text) => {
    const clean = withoutSecrets(text);
    expect(clean).toContain('[secret]');
    expect(clean).not.toMatch(/sk_test_|rk_live_|4242|370400440532|_secret_|whsec_/);
  });

  it('masks a key of any form, and leaves ids and amounts alone', () => {
    expect(withoutSecrets('key=odd! for pi_3MtwBwLkdIwHu7ix28a3tqPa, 1250', 'odd!')).toBe(
      'key=[secret] for pi_3MtwBwLkdIwHu7ix28a3tqPa, 1250',
    );
  });

  it('keeps no client secret in what is recorded', () => {
    const object = {
      id: 'pi_1',
      client_secret: 's',
      next_action: { redirect_to_url: { url: 'https://x?s=1' } },
    };
    expect(recordable(object)).toEqual({ id: 'pi_1' });
  });
});
