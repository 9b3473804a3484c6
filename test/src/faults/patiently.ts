/** Asks a broker again until it answers: a cluster that has just lost a leader may not do so at once. */
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 30_000;

/** @throws what it threw last, after half a minute */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const end = Date.now() + LIMIT_MS; ; await sleep(500)) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
