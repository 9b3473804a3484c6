/** Two people take over at the same time: one of them does, the other is told so, and what the region knew is whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge } from '@nats-bridge/connector';
import { type EmbeddedServer, streamState } from '@nats-bridge/messaging';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { routerData } from './access-data.js';
import { runCli, startCli } from './cli-process.js';
import { type Execution, startGatedWorker } from './gated-worker.js';
import { startTwoRegions, type TwoRegions } from './two-regions.js';
import { until } from './until.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MERCHANT = 'merchant_a';
const PAYMENT = routerData(MERCHANT, 'att_answered');
let folder: string;
let regions: TwoRegions;
let executed: Execution[];

const env = ({ url }: EmbeddedServer) => ({
  NATS_BRIDGE__BASE_URL: url,
  NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
});
const bridgeAt = ({ url }: EmbeddedServer) =>
  new NatsBridge({ base_url: url, jetstream: { num_replicas: 1, ack_wait: 2_000 } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-two-operators-'));
  regions = await startTwoRegions();
  executed = [];
  const inA = bridgeAt(regions.a);
  const worker = await startGatedWorker(regions.a.url, executed, Promise.resolve());
  expect(await inA.authorize(PAYMENT)).toMatchObject({ transactionId: 'txn_att_answered_1' });
  expect((await runCli(['standby', 'apply', 'a'], env(regions.b))).code).toBe(0);
  const atB = bridgeAt(regions.b);
  await until('b has it all', async () => {
    const last = async ({ connection }: NatsBridge) => (await streamState(connection, 'OPERATIONS')).lastSeq;
    return (await last(atB)) === (await last(inA));
  });
  await atB.close();
  await worker.stop();
  await inA.close();
  await regions.a.kill();
});
afterEach(async () => {
  await regions.dispose();
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly said: string };

/** @param frozenAt what it says when it is stopped, until `goOn` */
function takeOver(into: string, frozenAt?: string) {
  const args = ['standby', 'take-over', join(folder, into), '--yes', '--reason', 'a burns'];
  const child = startCli(args, env(regions.b));
  let said = '';
  let isFrozen = false;
  const frozen = new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (isFrozen || frozenAt === undefined || !said.includes(frozenAt)) return;
      isFrozen = child.kill('SIGSTOP');
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, said }));
  });
  return { frozen, ended, goOn: () => child.kill('SIGCONT') };
}

async function expectOneTakeOver(ended: readonly Ended[]) {
  const all = ended.map(({ said }) => said).join('\n');
  expect(
    ended.filter(({ code }) => code === 0),
    all,
  ).toHaveLength(1);
  const { stdout } = await runCli(['audit', 'list', '--json'], env(regions.b));
  expect(JSON.parse(stdout)).toHaveLength(1);
  const inB = bridgeAt(regions.b);
  const worker = await startGatedWorker(regions.b.url, executed, Promise.resolve());
  try {
    expect(await inB.authorize(PAYMENT)).toMatchObject({ transactionId: 'txn_att_answered_1' });
    expect(executed).toHaveLength(1);
  } finally {
    await worker.stop();
    await inB.close();
  }
}

it.each([
  ['has saved the mirrors', 'saved OBJ_hyperswitch-bodies', 'other'],
  ['has restored some streams', 'restored LATE_ANSWERS', 'taken'],
  ['has restored the records', 'restored OPERATIONS', 'taken'],
])('one does it where the first %s, hangs, and goes on when the second is done', async (_what, at, into) => {
  const first = takeOver('taken', at);
  await first.frozen;
  const second = await takeOver(into).ended;
  first.goOn();
  await expectOneTakeOver([await first.ended, second]);
});

it('does one of both that begin at once', async () => {
  await expectOneTakeOver(await Promise.all([takeOver('taken').ended, takeOver('other').ended]));
});
