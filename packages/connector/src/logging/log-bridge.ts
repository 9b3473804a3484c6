/** The log of a bridge: made before it, because it hears of the beginning; then told of every call and connection. */
import { createLogging, type LineStyle, type Logging, type LogInput } from '@nats-bridge/logging';
import type { StateChange } from '@nats-bridge/messaging';
import type { BridgeConfig } from '../config/bridge-config.js';
import type { NatsBridge } from '../nats-bridge.js';
import { callLine } from './call-line.js';

/** @param lines what is written to standard error; default: nothing */
export function createBridgeLogging(config: BridgeConfig, lines?: LineStyle): Logging {
  const { level, modules, nats } = config.logging;
  return createLogging({ name: config.connection_name, level, modules, nats, lines });
}

/** @returns what ends it; the log itself stays open */
export function logBridge(bridge: Pick<NatsBridge, 'connection' | 'observe'>, logging: Logging): () => void {
  logging.connect(bridge.connection);
  const endings = [
    bridge.observe((observation) => {
      const line = callLine(observation);
      if (line !== undefined) logging.log(line);
    }),
    bridge.connection.onState((change) => {
      const line = connectionLine(change);
      if (line !== undefined) logging.log(line);
    }),
  ];
  return () => {
    for (const end of endings) end();
  };
}

function connectionLine({ state, server, error }: StateChange): LogInput | undefined {
  const about = { module: 'nats', event: `connection_${state}` } as const;
  switch (state) {
    case 'connected':
      return { ...about, level: 'info', message: `connected to NATS at ${server ?? 'a server'}` };
    case 'disconnected':
      return {
        ...about,
        level: 'warn',
        message: `the connection to NATS at ${server ?? 'a server'} is lost`,
      };
    case 'idle':
      return {
        ...about,
        level: 'error',
        message: `NATS cannot be reached: ${error?.message ?? 'no server answers'}`,
      };
    default:
      return undefined;
  }
}
