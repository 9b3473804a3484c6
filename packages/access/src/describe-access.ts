/** Roles and subjects as a table for people: what documentation and `nats-bridge auth show` print. */
import { type AccountPlan, BRIDGE_ACCOUNT } from './account-plan.js';

export type AccessRow = {
  readonly user: string;
  readonly way: 'publish' | 'never publish' | 'subscribe' | 'answer';
  /** As the streams' account knows it. */
  readonly subject: string;
};

/** Every subject of every user, without the inbox that each has in his own account. */
export function accessRows(plans: readonly AccountPlan[]): AccessRow[] {
  return plans.flatMap((plan) => {
    const { user } = plan;
    const published =
      plan.name === BRIDGE_ACCOUNT ? plan.publish.allow : plan.imports.map(({ subject }) => subject);
    const served = plan.exports.map(({ subject }) => subject);
    const isOwner = plan.name === BRIDGE_ACCOUNT;
    return [
      ...[...new Set(published)].map((subject) => ({ user, way: 'publish', subject }) as const),
      ...plan.publish.deny.map((subject) => ({ user, way: 'never publish', subject }) as const),
      ...(isOwner
        ? plan.subscribe.map((subject) => ({ user, way: 'subscribe', subject }) as const)
        : served.map((subject) => ({ user, way: 'answer', subject }) as const)),
    ];
  });
}
