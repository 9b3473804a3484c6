/** A token bucket: so many calls at once, and so many more each second. Pure; all times are milliseconds of one clock. */

/** `tokens` as of `at`. Below zero where tokens were taken before they had come. */
export type TokenBucket = { readonly tokens: number; readonly at: number };

export type BucketSize = {
  /** Tokens that come each second. */
  readonly perSecond: number;
  /** The most that it holds. */
  readonly burst: number;
};

export type BucketEvent =
  /** A call takes a token; it may go `waitMs` from now. */
  | { readonly type: 'call' }
  /** Another bridge has let so many calls pass. */
  | { readonly type: 'taken_elsewhere'; readonly count: number };

/** What others say is believed up to this many bursts and seconds: a wrong number holds nobody up for ever. */
const MOST_DEBT = 10;

export function fullBucket({ burst }: BucketSize, now: number): TokenBucket {
  return { tokens: burst, at: now };
}

export function stepBucket(
  bucket: TokenBucket,
  event: BucketEvent,
  now: number,
  size: BucketSize,
): TokenBucket {
  const tokens = tokensIn(bucket, now, size);
  const at = Math.max(bucket.at, now);
  switch (event.type) {
    case 'call':
      return { tokens: tokens - 1, at };
    case 'taken_elsewhere': {
      const least = Math.min(tokens, -MOST_DEBT * (size.burst + size.perSecond));
      return { tokens: Math.max(tokens - event.count, least), at };
    }
  }
}

/** How long a call that comes now has to wait for a token, in milliseconds; 0 where there is one. */
export function waitMs(bucket: TokenBucket, now: number, size: BucketSize): number {
  const lacking = 1 - tokensIn(bucket, now, size);
  return lacking <= ALMOST_NOTHING ? 0 : (lacking / size.perSecond) * 1_000;
}

/** A clock that goes back adds nothing, and takes nothing away. */
export function tokensIn({ tokens, at }: TokenBucket, now: number, { perSecond, burst }: BucketSize): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) / 1_000) * perSecond);
}

/** Of a token: what sums of fractions are wrong by. */
const ALMOST_NOTHING = 1e-6;
