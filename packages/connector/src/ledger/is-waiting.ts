/** Whether the request of a key lies in the work stream, where a worker may still begin it: before that it has no record. */
import { type Connection, saysNothingThere } from '@nats-bridge/messaging';
import { isOperation, operationInKey, subjectFor } from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf, timeoutOf } from '../config/bridge-config.js';
import { CLOCKS_MS, findRequest } from './find-request.js';

/** @throws when the stream cannot be read */
export type IsWaiting = (merchantId: string, key: string) => Promise<boolean>;

export function createIsWaiting(
  connection: Connection,
  config: BridgeConfig,
  now: () => number = Date.now,
): IsWaiting {
  return async (merchantId, key) => {
    const operation = operationInKey(key);
    if (!isOperation(operation)) return false;
    // The deadline of what was stored earlier is over: nobody may begin it.
    const since = new Date(now() - timeoutOf(config, operation) - CLOCKS_MS);
    const { stream_name: stream } = config.jetstream;
    // Another bridge may know other pools and routes.
    const general = subjectFor(subjectTemplateOf(config, operation), merchantId);
    const ofPools = `${general}.*`;
    try {
      for (const subject of [general, ofPools]) {
        const found = await findRequest(connection, { stream, merchantId, key, subject, since });
        if (found !== undefined) return true;
      }
    } catch (error) {
      if (!saysNothingThere(error)) throw error; // where there is no stream yet, nothing waits
    }
    return false;
  };
}
