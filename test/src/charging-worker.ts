/** A worker as a process of its own that charges a card in a file, one line a charge, and looks there before it repeats. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from '@nats-bridge/worker';

const { NATS_URL = '', EXECUTIONS_FILE = '', WEIGHT, PRIORITY } = process.env;
/** Long enough for a kill to find it between charge and answer. */
const AT_PROCESSOR_MS = 10;

const worker = createWorker({
  servers: NATS_URL,
  weight: WEIGHT === undefined ? undefined : Number(WEIGHT),
  priority: PRIORITY === undefined ? undefined : Number(PRIORITY),
  handlers: {
    async authorize({ router_data }, { attempt }) {
      const id = router_data.attempt_id;
      if (attempt === 1 || !isCharged(id)) appendFileSync(EXECUTIONS_FILE, `${id} ${process.pid}\n`);
      await sleep(AT_PROCESSOR_MS);
      return { status: 'success', transaction_id: `txn_${id}` };
    },
  },
  onEvent: (event) => {
    if (event.type === 'started') console.log('started');
    if (event.type === 'consumer_unavailable') console.log((event.error as Error).message);
  },
});

function isCharged(id: string): boolean {
  return existsSync(EXECUTIONS_FILE) && readFileSync(EXECUTIONS_FILE, 'utf8').includes(`${id} `);
}

await worker.start();
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
