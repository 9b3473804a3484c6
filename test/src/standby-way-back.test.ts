/** Region b takes over, though its command is killed half-way; region a comes back with old streams, and is moved back to. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge } from '@nats-bridge/connector';
import { type EmbeddedServer, streamState } from '@nats-bridge/messaging';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { routerData } from './access-data.js';
import { type Finished, runCli, startCli } from './cli-process.js';
import { type Execution, startGatedWorker } from './gated-worker.js';
import { startTwoRegions, type TwoRegions } from './two-regions.js';
import { until } from './until.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MERCHANT = 'merchant_a';
const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-way-back-'));
const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const env = ({ url }: EmbeddedServer) => ({
  NATS_BRIDGE__BASE_URL: url,
  NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
});
const standby = (server: EmbeddedServer, ...args: string[]): Promise<Finished> =>
  runCli(['standby', ...args], env(server));
const bridgeAt = ({ url }: EmbeddedServer) => {
  const bridge = new NatsBridge({ base_url: url, jetstream: { num_replicas: 1, ack_wait: 2_000 } });
  closers.push(() => bridge.close());
  return bridge;
};
const authorize = (bridge: NatsBridge, attempt: string) => bridge.authorize(routerData(MERCHANT, attempt));

let regions: TwoRegions;
/** By region, in the order of the executions. */
const book = { a: [] as Execution[], b: [] as Execution[] };
const NOBODY_HELD = Promise.resolve();

async function serve(region: 'a' | 'b') {
  const bridge = bridgeAt(regions[region]);
  await bridge.prepare();
  const worker = await startGatedWorker(regions[region].url, book[region], NOBODY_HELD);
  closers.push(() => worker.stop());
  const stop = async () => {
    await worker.stop();
    await bridge.close();
  };
  return { bridge, stop };
}
/** Whether the standby has the newest message of each stream that anything is written to here. */
async function hasItAll(at: NatsBridge, served: NatsBridge): Promise<boolean> {
  for (const stream of ['AUDIT', 'INTERVENTIONS', 'PAYMENTS_ARCHIVE', 'OPERATIONS']) {
    const [here, there] = await Promise.all(
      [at, served].map(({ connection }) => streamState(connection, stream)),
    );
    if (here?.lastSeq !== there?.lastSeq) return false;
  }
  return true;
}
/** Kills the command, which can do nothing about it, once it has said so. */
async function killedAfter(text: string, server: EmbeddedServer, ...args: string[]): Promise<void> {
  const child = startCli(['standby', ...args], env(server));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(text)) child.kill('SIGKILL');
  });
  const [code] = await once(child, 'exit');
  expect(code, said).toBe(null);
}

/** Kills the command between the deletion of the stream and what is made in its place, or soon after. */
async function killedOnceGone(stream: string, server: EmbeddedServer, ...args: string[]): Promise<void> {
  const watching = bridgeAt(server);
  const nats = await watching.connection.get();
  const child = startCli(['standby', ...args], env(server));
  nats.subscribe(`$JS.EVENT.ADVISORY.STREAM.DELETED.${stream}`, {
    callback: () => void child.kill('SIGKILL'),
  });
  await once(child, 'exit');
  await watching.close();
}

let inB: Awaited<ReturnType<typeof serve>>;
let oldBridge: NatsBridge;
let pusher: ReturnType<NatsBridge['lateAnswers']['push']>;

beforeAll(async () => {
  regions = await startTwoRegions();
  closers.push(() => regions.dispose());
  const { bridge, stop } = await serve('a');
  expect(await authorize(bridge, 'att_answered')).toMatchObject({ transactionId: 'txn_att_answered_1' });
  expect((await standby(regions.b, 'apply', 'a')).code).toBe(0);
  const atB = bridgeAt(regions.b);
  await until('b has it all', () => hasItAll(atB, bridge));
  await atB.close();
  // Not copied any more: region a answers it, and region b never hears of it.
  await regions.b.kill();
  await authorize(bridge, 'att_unheard');
  await stop();
  await regions.a.kill();
  await regions.b.restart();
});

it('is taken over from by a command that is killed half-way, and run again', async () => {
  const taken = join(folder, 'taken');
  const takeOver = ['take-over', taken, '--yes', '--reason', 'region a burns'];
  // Before there is a backup: the mirrors are as they were.
  await killedAfter('saved OPERATIONS', regions.b, ...takeOver);
  expect((await standby(regions.b, 'take-over', taken)).code).toBe(0);
  // Half of the streams are gone: nothing but what it had saved has all.
  await killedAfter('restored LATE_ANSWERS', regions.b, ...takeOver);
  const shown = await standby(regions.b, 'show');
  expect(shown.stdout).toMatch(/of the backup \S+ stopped half-way here.*take-over again/);
  await expect(bridgeAt(regions.b).prepare()).rejects.toThrow(/are being restored/);

  const again = await standby(regions.b, ...takeOver);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  expect(again.stdout).toContain('goes on with what it saved');
  const { stdout } = await runCli(['audit', 'list', '--json'], env(regions.b));
  expect(JSON.parse(stdout)).toMatchObject([
    { action: 'take_over', reason: 'region a burns', target: { primary: 'a', answered: 'no' } },
  ]);
  inB = await serve('b');
  expect(await authorize(inB.bridge, 'att_answered')).toMatchObject({ transactionId: 'txn_att_answered_1' });
  expect(book.b).toEqual([]);
});

it('comes back with its old streams, of which the other region takes no notice', async () => {
  await regions.a.restart();
  oldBridge = bridgeAt(regions.a);
  await oldBridge.prepare();
  // As a gateway does: it is seen by what it listens to.
  pusher = oldBridge.lateAnswers.push(async () => true);
  // As nobody should have it.
  const soon = { deadlineAt: Date.now() + 2_000 };
  await oldBridge.authorize(routerData(MERCHANT, 'att_late'), soon);
  const { lastSeq } = await streamState(oldBridge.connection, 'PAYMENTS_ARCHIVE');
  expect(await authorize(inB.bridge, 'att_in_b')).toMatchObject({ transactionId: 'txn_att_in_b_1' });
  expect((await streamState(oldBridge.connection, 'PAYMENTS_ARCHIVE')).lastSeq).toBe(lastSeq);
});

it('gives its streams up only to a region that took over from it, and while nobody serves on them', async () => {
  const stepDown = ['step-down', 'b', join(folder, 'old')];
  const busy = await standby(regions.a, ...stepDown, '--yes');
  expect([busy.code, busy.stdout]).toEqual([1, expect.stringMatching(/bridges are connected here/)]);
  await pusher.close();
  await oldBridge.close();
  // The region that serves is not mistaken for the one that is old.
  await inB.stop();
  const serving = await until('nobody is heard in b', async () => {
    const { code, stdout } = await standby(regions.b, 'step-down', 'a', join(folder, 'old'), '--yes');
    return !stdout.includes('are connected here') && { code, stdout };
  });
  expect(serving).toEqual({
    code: 1,
    stdout: expect.stringMatching(
      /the audit of region a has no take-over of region b.*Nothing of it is given up/,
    ),
  });
  const mirrors = await standby(regions.a, 'apply', 'b');
  expect([mirrors.code, mirrors.stderr]).toEqual([1, expect.stringMatching(/no mirrors.*step-down b/)]);
  inB = await serve('b');
});

it('steps down, killed half-way too, and names what it answered and the other region cannot know', async () => {
  const old = join(folder, 'old');
  const planned = await standby(regions.a, 'step-down', 'b', old);
  expect([planned.code, planned.stdout]).toEqual([
    0,
    expect.stringMatching(/may not know of it[\s\S]*authorize:att_unheard: answered/),
  ]);
  await killedAfter('saved OBJ_hyperswitch-bodies', regions.a, 'step-down', 'b', old, '--yes');
  for (const stream of ['PAYMENTS_ARCHIVE', 'OPERATIONS'])
    await killedOnceGone(stream, regions.a, 'step-down', 'b', old, '--yes');
  const done = await standby(regions.a, 'step-down', 'b', old, '--yes');
  expect(done.code, done.stdout + done.stderr).toBe(0);
  const atA = bridgeAt(regions.a);
  await until('a has it all', () => hasItAll(atA, inB.bridge));
  await atA.close();
  const shown = await standby(regions.a, 'show');
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('a standby of region b')]);
  // It is for looking into: b may have charged what it calls open.
  const listed = await runCli(['backup', 'list', old, '--json']);
  const entries = JSON.parse(listed.stdout) as { path: string; manifest?: object }[];
  const { path = '' } = entries.find(({ manifest }) => manifest !== undefined) ?? {};
  expect((await runCli(['backup', 'restore', path], env(regions.a))).stdout).toMatch(
    /gave its streams up to region b: what that one has charged since/,
  );
});

it('has no bridge that answers "failed": the other region may have carried it out', async () => {
  const tooEarly = bridgeAt(regions.a);
  expect(await authorize(tooEarly, 'att_in_b')).toMatchObject({ kind: 'unknown' });
  expect(await tooEarly.health()).toMatchObject({
    isReady: false,
    detail: expect.stringMatching(/are a standby: PAYMENTS_ARCHIVE is a mirror of region b.*take-over/),
  });
  await tooEarly.close();
});

it('is moved back to, and each payment was executed once, by one of both', async () => {
  await inB.stop();
  await until(
    'nothing is missing',
    async () => (await standby(regions.a, 'take-over', folder, '--primary-stopped')).code === 0,
  );
  const back = await standby(
    regions.a,
    ...['take-over', join(folder, 'back'), '--primary-stopped', '--yes', '--reason', 'as planned'],
  );
  expect(back.code, back.stdout + back.stderr).toBe(0);
  const { bridge } = await serve('a');
  for (const attempt of ['att_answered', 'att_in_b', 'att_new'])
    expect(await authorize(bridge, attempt)).toMatchObject({ transactionId: `txn_${attempt}_1` });
  const executed = (region: 'a' | 'b') => book[region].map(({ attemptId }) => attemptId);
  expect(executed('a')).toEqual(['att_answered', 'att_unheard', 'att_new']);
  expect(executed('b')).toEqual(['att_in_b']);
  // Now the other one is old.
  const other = await standby(regions.b, 'step-down', 'a', join(folder, 'old-b'), '--yes');
  expect(other.code, other.stdout + other.stderr).toBe(0);
});
