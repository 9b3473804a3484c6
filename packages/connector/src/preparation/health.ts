/** Whether a call would be carried now. */
import type { Connection } from '@nats-bridge/messaging';
import type { Preparation } from './preparation.js';

export type Health = { readonly isReady: boolean; readonly detail: string };

/**
 * NATS answers, and streams and consumers were made ready once. Until they are, each question has it tried again, and is
 * answered with why the last try failed. Never rejects.
 */
export async function readHealth(connection: Connection, preparation: Preparation): Promise<Health> {
  try {
    await connection.get();
    const { failure } = preparation;
    const prepared = preparation.prepare();
    if (failure !== undefined) {
      prepared.catch(() => {}); // it is what the next question is answered with
      return { isReady: false, detail: failure.message };
    }
    await prepared;
    const rtt = await connection.rttMs();
    const detail = `${connection.servers.join(', ')}, round trip ${rtt.toFixed(1)} ms`;
    return { isReady: true, detail };
  } catch (error) {
    return { isReady: false, detail: (error as Error).message };
  }
}
