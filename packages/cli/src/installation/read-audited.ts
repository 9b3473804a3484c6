/** The audit's chain, and the records of payments of which it has digests. */
import { readChain, readRecords } from '@nats-bridge/connector';
import { readSettingsHere, type ServerOptions } from './settings.js';
import { withBridge } from './with-bridge.js';

/** The chain first: what comes meanwhile is then newer than its end, and not missing. */
export function readAudited(options: ServerOptions & { chainOnly?: boolean }) {
  return withBridge(readSettingsHere(options).bridge, async (bridge) => {
    const entries = await readChain(bridge.connection);
    return { entries, readings: options.chainOnly ? [] : await readRecords(bridge) };
  });
}
