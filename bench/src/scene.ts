/** The processes of one case, with a nats-server of their own so that no case hears another's messages. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  newCurveSeed,
  newSigningSeed,
  publicCurveKey,
  publicSigningKey,
  startEmbeddedServer,
} from '@nats-bridge/messaging';
import { CASES, type Case, type CaseName } from './cases.js';
import type { Load, LoadResult } from './load.js';
import { type ForkedMember, type Member, natsServerMember, startMember } from './member.js';
import type { Size } from './payment.js';
import type { Keys, Usage } from './roles/role.js';

export type Measured = LoadResult & {
  /** Milliseconds of CPU per 1,000 payments, by process. */
  readonly cpuMsPer1000: Readonly<Record<string, number>>;
  /** Messages stored per payment, by stream, as the server itself counts. */
  readonly writesPerPayment: Readonly<Record<string, number>>;
};

export type Scene = {
  measure(size: Size, load: Load): Promise<Measured>;
  usage(): Promise<Record<string, Usage>>;
  /** MiB that a full collection leaves in each Node process. */
  held(): Promise<Record<string, number>>;
  close(): Promise<void>;
};

export async function startScene(name: CaseName, profileDir?: string): Promise<Scene> {
  const { usesNats, isFlushed, services }: Case = CASES[name];
  const storeDir = await mkdtemp(join(tmpdir(), 'nats-bridge-bench-'));
  const server = usesNats
    ? await startEmbeddedServer({ storeDir, syncInterval: isFlushed ? 'always' : '2m' })
    : undefined;
  const keys = { bridge: await newKeys(storeDir, 'bridge'), pool: await newKeys(storeDir, 'pool') };
  const started: ForkedMember[] = [];
  let grpcAddress = '';
  let tracesUrl = '';
  for (const role of [...Object.keys(services), 'client']) {
    const options = { natsUrl: server?.url ?? '', grpcAddress, tracesUrl, keys };
    const member = await startMember(`${name}/${role}`, options, profileDir);
    grpcAddress = member.address ?? grpcAddress;
    tracesUrl = member.tracesUrl ?? tracesUrl;
    started.push(member);
  }
  const client = started.at(-1);
  const members: readonly Member[] = [...started, ...(server ? [natsServerMember(server.pid)] : [])];

  async function usage(): Promise<Record<string, Usage>> {
    const entries = await Promise.all(
      members.map(async (member) => [member.name, await member.usage()] as const),
    );
    return Object.fromEntries(entries.filter((entry): entry is [string, Usage] => entry[1] !== undefined));
  }

  return {
    usage,
    async held() {
      return Object.fromEntries(
        await Promise.all(started.map(async (member) => [member.name, await member.held()] as const)),
      );
    },
    async measure(size, load) {
      const [before, stored] = [await usage(), await storedIn(server?.monitorUrl)];
      const answer = await client?.ask({ ask: 'load', size, load });
      const after = await usage();
      if (answer?.answer !== 'load') throw new Error(`${name} gave no result`);
      const { result } = answer;
      const cpuMsPer1000 = Object.fromEntries(
        Object.entries(after).map(([member, { cpuMs }]) => [
          member,
          ((cpuMs - (before[member]?.cpuMs ?? 0)) * 1_000) / result.payments,
        ]),
      );
      const writesPerPayment = Object.fromEntries(
        Object.entries(await storedIn(server?.monitorUrl))
          .map(([stream, count]) => [stream, (count - (stored[stream] ?? 0)) / result.payments] as const)
          .filter(([, writes]) => writes > 0),
      );
      return { ...result, cpuMsPer1000, writesPerPayment };
    },
    async close() {
      for (const member of started.toReversed()) await member.end();
      await server?.stop();
      await rm(storeDir, { recursive: true, force: true });
    },
  };
}

async function newKeys(folder: string, name: string): Promise<Keys> {
  const [curveSeed, signingSeed] = [newCurveSeed(), newSigningSeed()];
  const [seals, signs] = [join(folder, `${name}.xk`), join(folder, `${name}.nk`)];
  await writeFile(seals, curveSeed.reveal());
  await writeFile(signs, signingSeed.reveal());
  return {
    seals: { seedFile: seals, publicKey: publicCurveKey(curveSeed) },
    signs: { seedFile: signs, publicKey: publicSigningKey(signingSeed) },
  };
}

/** How many messages each stream has stored since it was made. */
async function storedIn(monitorUrl: string | undefined): Promise<Record<string, number>> {
  if (monitorUrl === undefined) return {};
  const response = await fetch(new URL('/jsz?streams=true', monitorUrl));
  const { account_details = [] } = (await response.json()) as {
    account_details?: { stream_detail?: { name: string; state: { last_seq: number } }[] }[];
  };
  const streams = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
  return Object.fromEntries(streams.map(({ name, state }) => [name, state.last_seq]));
}
