/** The signature of an event: HMAC-SHA256 over time and body, with the secret Hyperswitch holds for the account. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the clocks of the bridge that signed and of this one may be apart. A repeated event is signed anew. */
const TOLERANCE_S = 300;

/** What Hyperswitch fills in for accounts without a secret of their own; everybody knows it. */
const NO_SECRET = new Set(['', 'default_secret']);

/** @param now milliseconds since the epoch */
export function signEvent(body: string | Uint8Array, secret: string, now: number): string {
  const seconds = Math.floor(now / 1_000);
  return `t=${seconds},v1=${mac(body, secret, seconds).toString('hex')}`;
}

/** True when one of the secrets made the signature, not more than five minutes from now. Takes equal time for all. */
export function isGenuine(
  body: Uint8Array,
  signature: string | undefined,
  secrets: readonly (string | undefined)[],
  now: number,
): boolean {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature?.trim() ?? '') ?? [];
  if (time === undefined || hex === undefined) return false;
  const seconds = Number(time);
  if (Math.abs(now / 1_000 - seconds) > TOLERANCE_S) return false;
  const given = Buffer.from(hex, 'hex');
  let isMade = false;
  for (const secret of secrets)
    if (secret !== undefined && !NO_SECRET.has(secret))
      isMade = timingSafeEqual(mac(body, secret, seconds), given) || isMade;
  return isMade;
}

function mac(body: string | Uint8Array, secret: string, seconds: number): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}
