/** How many servers hold a current copy of a stream. A server that ended counts for ten seconds more: so long it may be only slow. */
import type { StreamInfo } from '@nats-io/jetstream';

export function currentReplicasOf({ cluster }: Pick<StreamInfo, 'cluster'>): number {
  const followers = cluster?.replicas ?? [];
  const hasLeader = cluster === undefined || Boolean(cluster.leader) || followers.length === 0;
  return Number(hasLeader) + followers.filter(({ current }) => current).length;
}
