/** Tokens that were right before, by their digests: whoever has one does not guess. */
import { digestOf } from './admin-config.js';

export type SeenTokens = {
  has(token: string): boolean;
  add(token: string): void;
};

/** More are not remembered: those of an OpenID provider change by the hour. */
const MOST_SEEN = 1_000;

export function createSeenTokens(most = MOST_SEEN): SeenTokens {
  const seen = new Set<string>();
  return {
    has: (token) => seen.has(digestOf(token)),
    add(token) {
      const digest = digestOf(token);
      seen.delete(digest);
      if (seen.size >= most) seen.delete(seen.values().next().value ?? '');
      seen.add(digest);
    },
  };
}
