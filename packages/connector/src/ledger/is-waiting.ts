/** Whether the request of a key lies in the work stream, where a worker may still begin it: before that it has no record. */
import { type Connection, saysNothingThere, storedMessages } from '@nats-bridge/messaging';
import {
  deadlineIn,
  HEADER,
  type Headers,
  headerText,
  isOperation,
  operationInKey,
  subjectFor,
} from '@nats-bridge/protocol';
import { type BridgeConfig, LONGEST_TIMEOUT_MS, subjectTemplateOf } from '../config/bridge-config.js';
import { shareLooks } from '../pacing/shared-look.js';
import { CLOCKS_MS } from './find-request.js';

/** @throws when the stream cannot be read */
export type IsWaiting = (merchantId: string, key: string) => Promise<boolean>;

/** Where many are refused at once, those of one merchant and operation share a look. */
export function createIsWaiting(
  connection: Connection,
  config: BridgeConfig,
  now: () => number = Date.now,
): IsWaiting {
  const { stream_name: stream } = config.jetstream;

  async function namesOn(subject: string): Promise<readonly string[]> {
    const names: string[] = [];
    const since = new Date(now() - LONGEST_TIMEOUT_MS - CLOCKS_MS);
    try {
      for await (const { headers } of storedMessages(connection, stream, { subject, since }))
        if (mayBegin(headers, now())) names.push(nameIn(headers));
    } catch (error) {
      if (!saysNothingThere(error)) throw error; // where there is no stream yet, nothing waits
    }
    return names;
  }

  const look = shareLooks(async (subject: string) => {
    // Another bridge may know other pools and routes.
    const [ofNoPool, ofPools] = await Promise.all([namesOn(subject), namesOn(`${subject}.*`)]);
    return new Set([...ofNoPool, ...ofPools]);
  });

  return async (merchantId, key) => {
    const operation = operationInKey(key);
    if (!isOperation(operation)) return false;
    const names = await look(subjectFor(subjectTemplateOf(config, operation), merchantId));
    return names.has(nameOf(merchantId, key));
  };
}

/** Once its deadline is over, nobody does. */
function mayBegin(headers: Headers, now: number): boolean {
  return deadlineIn(headers) + CLOCKS_MS > now;
}

function nameIn(headers: Headers): string {
  return nameOf(headerText(headers, HEADER.merchantId), headerText(headers, HEADER.idempotencyKey));
}

function nameOf(merchantId: string, key: string): string {
  return `${merchantId}\n${key}`;
}
