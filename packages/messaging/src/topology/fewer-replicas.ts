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
      return { config, notes: replicas < asked ? [noteOf(replicas, asked)] : [] };
    } catch (error) {
      const isShort = error instanceof JetStreamApiError && TOO_FEW_SERVERS.has(error.code);
      if (!isShort || replicas <= least) throw error;
    }
  }
}

/** Before anything is changed: a server without a cluster has room for one, and how many a cluster has it says when asked. */
export function foreseenReplicas(
  wanted: { readonly num_replicas?: number },
  cluster: { readonly name?: string } | undefined,
): string[] {
  const asked = wanted.num_replicas ?? 1;
  return cluster?.name === undefined && asked > 1 ? [noteOf(1, asked)] : [];
}

function noteOf(replicas: number, asked: number): string {
  return `${replicas} of ${asked} replicas: the cluster has no more servers`;
}
