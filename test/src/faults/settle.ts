/** After the load: waits until nothing is under way, and says what still is when the time for that is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsBridge } from '@nats-bridge/connector';
import { jetstreamManager } from '@nats-io/jetstream';

const STREAMS = ['PAYMENTS', 'DELIVERY_NOTICES'];
const LOOKS_IN_A_ROW = 3;
const LOOK_EVERY_MS = 500;

/** @returns a line for each consumer that still waits or has something in hand; none: all is at rest */
export async function settle(bridge: NatsBridge, limitMs: number): Promise<string[]> {
  const manager = await jetstreamManager(await bridge.connection.get(), { checkAPI: false });
  const end = Date.now() + limitMs;
  let open: string[] = ['it was never looked at'];
  for (let calm = 0; calm < LOOKS_IN_A_ROW; ) {
    open = await openConsumers(manager).catch((error: Error) => [
      `consumers cannot be read: ${error.message}`,
    ]);
    calm = open.length === 0 ? calm + 1 : 0;
    if (calm < LOOKS_IN_A_ROW && Date.now() > end)
      return open.length > 0 ? open : ['it was at rest only for a moment'];
    await sleep(LOOK_EVERY_MS);
  }
  return [];
}

async function openConsumers(manager: Awaited<ReturnType<typeof jetstreamManager>>): Promise<string[]> {
  const open: string[] = [];
  for (const stream of STREAMS)
    for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(stream))
      if (num_pending + num_ack_pending > 0)
        open.push(`${stream} ${name}: ${num_pending} wait, ${num_ack_pending} in hand`);
  return open;
}
