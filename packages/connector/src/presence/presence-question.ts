/** Where to ask whether anybody takes an operation: on the liveness subjects of its workers, and where it would go. */
import type { PresenceQuestion } from '@nats-bridge/messaging';
import { aliveSubject, guardedSubject, OPERATIONS, type Operation, subjectFor } from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from '../config/bridge-config.js';

export type QuestionOfOperation = PresenceQuestion & {
  readonly operation: Operation;
  /** undefined for merchants without one. */
  readonly pool: string | undefined;
};

/** Of every operation that the stream carries, in every pool: workers say of no other that they are there. */
export function presenceQuestions(config: BridgeConfig): readonly QuestionOfOperation[] {
  return [undefined, ...Object.keys(config.pools)].flatMap((pool) => {
    const merchant = (pool !== undefined && config.pools[pool]?.merchants[0]) || ANY_MERCHANT;
    return OPERATIONS.filter(({ channel }) => channel === 'payments').map(({ operation }) => ({
      operation,
      pool,
      ...presenceQuestion(config, operation, pool, merchant),
    }));
  });
}

/** Of no pool, whoever that may be: workers take the requests of all merchants, as a rule. */
const ANY_MERCHANT = 'any';

/** Of a call of this merchant, in a pool. */
export function presenceQuestion(
  config: BridgeConfig,
  operation: Operation,
  pool: string | undefined,
  merchantId: string,
): PresenceQuestion {
  return {
    guarded: guardedSubject(operation, pool),
    alive: aliveSubject(operation, pool),
    subject: subjectFor(subjectTemplateOf(config, operation, pool), merchantId),
  };
}
