/** Takes out of what Stripe says all that must stand in no answer, log or record. */

const SECRETS = [
  /\b(?:sk|rk|pk)_(?:test|live)_[A-Za-z0-9*]+/g,
  /\bwhsec_[A-Za-z0-9+/=]+/g,
  /\b(?:pi|seti)_[A-Za-z0-9]+_secret_[A-Za-z0-9]+/g,
  // IBANs, and numbers of cards: 13 to 19 digits, in groups or not.
  /\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b/g,
  /\b\d(?:[ -]?\d){12,18}\b/g,
];

/** Text for people, with every credential and card number masked. */
export function withoutSecrets(text: string, ...known: readonly string[]): string {
  let clean = text;
  for (const secret of known) if (secret !== '') clean = clean.replaceAll(secret, '[secret]');
  for (const pattern of SECRETS) clean = clean.replace(pattern, '[secret]');
  return clean;
}

/**
 * A Stripe object for the record: whoever has a client secret can act on the payment, and the address of a redirect
 * holds one too.
 */
export function recordable(object: object): Record<string, unknown> {
  const { client_secret: _secret, next_action: _action, ...rest } = object as Record<string, unknown>;
  return rest;
}
