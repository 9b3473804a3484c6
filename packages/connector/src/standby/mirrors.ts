/**
 * The streams of a standby: copies of all that a backup holds, in the JetStream domain of another region. They have the
 * names of what they copy, so that no bridge can begin there before the standby has taken over: the server gives a
 * mirror no subjects.
 */
import type { TopologySpec } from '@nats-bridge/messaging';
import { streamsToSave } from '../backup/saved-streams.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import { topologyOf } from '../topology.js';

/** @param primary the JetStream domain of the region that serves */
export function mirrorsOf(config: BridgeConfig, primary: string): TopologySpec {
  const saved = new Set(streamsToSave(config).map(({ stream }) => stream));
  const { streams, buckets = [] } = topologyOf(config);
  return {
    streams: streams
      .filter(({ name }) => saved.has(name))
      // What is theirs where they take requests; limits and replicas are the same here.
      .map(({ subjects: _, sources: __, duplicateWindowMs: ___, ...limits }) => ({
        ...limits,
        mirrorOf: primary,
      })),
    buckets: buckets.map((bucket) => ({ ...bucket, mirrorOf: primary })),
    consumers: [],
  };
}
