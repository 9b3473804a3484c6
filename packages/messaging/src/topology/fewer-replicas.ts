/** Takes as many replicas as the cluster has servers for, where fewer than wanted. */
import { JetStreamApiError } from '@nats-io/jetstream';

/** No suitable peers; more replicas than servers; replicas without a cluster. */
const TOO_FEW_SERVERS = new Set([10005, 10074, 10075]);

/** The server knows how many it can place, so it is asked for one less each time it has not enough. */
export async function withFewerReplicas<Config extends object>(
  wanted: Partial<Config>,
  attempt: (config: Partial<Config>) => Promise<Config>,
  have?: Config,
): Promise<{ config: Config; notes: string[] }> {
  const asked = (wanted as { num_replicas?: number }).num_replicas ?? 1;
  const least = (have as { num_replicas?: number } | undefined)?.num_replicas ?? 1;
  for (let replicas = asked; ; replicas--) {
    try {
      const config = await attempt(replicas === asked ? wanted : { ...wanted, num_replicas: replicas });
      const notes =
        replicas < asked ? [`${replicas} of ${asked} replicas: the cluster has no more servers`] : [];
      return { config, notes };
    } catch (error) {
      const isShort = error instanceof JetStreamApiError && TOO_FEW_SERVERS.has(error.code);
      if (!isShort || replicas <= least) throw error;
    }
  }
}
