/** Metrics of the NATS connection: its state, and how often it was lost and came back. */
import type { NatsBridge } from '@nats-bridge/connector';
import { Counter, Gauge, type Registry } from 'prom-client';

type Watched = Pick<NatsBridge, 'connection' | 'config'>;

const STATES: readonly Watched['connection']['state'][] = [
  'idle',
  'connecting',
  'connected',
  'disconnected',
  'reconnecting',
  'draining',
  'closed',
];

/** @returns what ends it */
export function watchConnection(register: Registry, bridge: Watched): () => void {
  const { connection } = bridge;
  const registers = [register];
  new Gauge({
    name: 'nats_bridge_connection_state',
    help: 'State of the NATS connection: 1 for the one it is in',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of STATES) this.set({ state }, Number(state === connection.state));
    },
  });
  const lost = new Counter({
    name: 'nats_bridge_connection_lost_total',
    help: 'Times the NATS connection was lost',
    registers,
  });
  const reconnected = new Counter({
    name: 'nats_bridge_connection_reconnects_total',
    help: 'Times the NATS connection came back',
    registers,
  });
  new Gauge({
    name: 'nats_bridge_in_flight_limit',
    help: 'Calls in flight beyond which the connector answers OVERLOADED (nats_bridge.max_in_flight)',
    registers,
    collect() {
      this.set(bridge.config.max_in_flight);
    },
  });

  let wasLost = false;
  return connection.onState(({ state }) => {
    if (state === 'disconnected') {
      wasLost = true;
      lost.inc();
    } else if (state === 'connected' && wasLost) {
      wasLost = false;
      reconnected.inc();
    }
  });
}
