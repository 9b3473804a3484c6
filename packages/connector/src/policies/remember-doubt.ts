/**
 * A call that ends in doubt leaves a note, if its request says whom to tell: when the answer comes, whoever runs then
 * can push it. This is a write beyond the three of every payment, and argued: without it nobody would know, after a
 * restart, that a caller was told "pending" and where he wants to be told more. It is made in doubt only, so a payment
 * that is answered in time does not pay for it. An answer of `processing` leaves none: it is the recorded answer, and
 * nothing later will be recorded under its key.
 */
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Policy } from '../call/exchange.js';
import type { LateAnswers } from '../late-answers/late-answers.js';

export function rememberDoubt(lateAnswers: Pick<LateAnswers, 'follow' | 'remember'>): Policy {
  return (next) => async (exchange) => {
    const following = lateAnswers.follow(exchange);
    try {
      const answer = await next(exchange);
      following.forget();
      return answer;
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      if (error.phase === 'sent_unknown' && exchange.isDurable) await lateAnswers.remember(exchange);
      else following.forget();
      throw error;
    }
  };
}
