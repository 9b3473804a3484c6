/** The same request from two bridges at once, before a cluster: what it says of the second is no refusal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge } from '@nats-bridge/connector';
import {
  type Connection,
  createConnection,
  createRequester,
  type StoredMessage,
} from '@nats-bridge/messaging';
import { createWorker } from '@nats-bridge/worker';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { type NatsUnderFaults, startNats } from './faults/cluster.js';

const LIMIT_MS = 120_000;
/** The second met the first on its way to the replicas: once in a few pairs. */
const IN_PROCESS = '"err_code":10158';
const ENOUGH = 5;
const MOST_PAIRS = 300;

const closers: (() => unknown)[] = [];
let cluster: NatsUnderFaults;
let met = 0;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-clustered-repeats-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  cluster = await startNats(folder, true);
  closers.push(() => cluster.stop());
  const ear = await connect({ servers: cluster.url().split(',') });
  closers.push(() => ear.close());
  const callback = (_error: Error | null, message: { string(): string }) => {
    if (message.string().includes(IN_PROCESS)) met++;
  };
  for (const inbox of ['_INBOX.>', 'hyperswitch.answers.>']) ear.subscribe(inbox, { callback });
}, LIMIT_MS);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** Until the cluster has said it often enough. */
async function manyPairs(pair: (id: string) => Promise<void>): Promise<void> {
  met = 0;
  for (let count = 0; count < MOST_PAIRS && met < ENOUGH; count++) await pair(String(count));
  expect(met).toBeGreaterThanOrEqual(ENOUGH);
}

it(
  'both payments are answered with what became of the one that ran',
  async () => {
    const bridges = [1, 2].map((number) => {
      const bridge = new NatsBridge({ base_url: cluster.url(), connection_name: `bridge-${number}` });
      closers.push(() => bridge.close());
      return bridge;
    });
    for (const bridge of bridges)
      await expect.poll(async () => (await bridge.health()).isReady, { timeout: 60_000 }).toBe(true);
    const executed: string[] = [];
    const worker = createWorker({
      servers: cluster.url(),
      handlers: {
        authorize: async ({ router_data: { attempt_id } }) => {
          executed.push(attempt_id);
          return { status: 'success', transaction_id: `txn_${attempt_id}` };
        },
      },
    });
    closers.push(() => worker.stop());
    await worker.start();
    const asked: string[] = [];
    await manyPairs(async (id) => {
      const attempt = `att_${id}`;
      asked.push(attempt);
      const answers = await Promise.all(
        bridges.map((bridge) => bridge.authorize(routerData('merchant_a', attempt))),
      );
      for (const answer of answers)
        expect(answer).toMatchObject({ kind: 'answered', transactionId: `txn_${attempt}` });
    });
    expect(executed).toEqual(asked);
  },
  LIMIT_MS,
);

it(
  'both requests have the place of the one that is stored, whichever it is',
  async () => {
    const requesters = [1, 2].map(() => {
      const connection: Connection = createConnection({ servers: cluster.url() });
      const requester = createRequester(connection, { ackStream: 'PAYMENTS', replySubjects: [] });
      closers.push(
        () => connection.close(),
        () => requester.close(),
      );
      return requester;
    });
    for (const requester of requesters) await requester.ready();
    await manyPairs(async (id) => {
      const placed = requesters.map(
        (requester, index) =>
          new Promise<StoredMessage>((resolve, reject) => {
            const request = {
              subject: 'hyperswitch.payments.merchant_a.nobody_reads_it',
              body: Buffer.from('{}'),
              headers: {},
              msgId: `repeated-${id}`,
              correlationId: `${id}-${index}`,
              deadlineAt: Date.now() + 10_000,
              onStored: resolve,
            };
            requester.requestDurable(request).catch(reject);
          }),
      );
      const [one, other] = await Promise.all(placed);
      expect(one?.seq).toBeGreaterThan(0);
      expect(other?.seq).toBe(one?.seq);
    });
  },
  LIMIT_MS,
);
