/** `nats-bridge doctor`: what is there, what is missing, and what to do about it. */
import {
  bridgeConfigWarnings,
  createWaitingApprovals,
  describeRateLimits,
  describeRoutes,
  findWorkersThere,
  type NatsBridge,
  type WorkersThere,
  workConsumersOf,
} from '@nats-bridge/connector';
import {
  type ConsumerFigures,
  isAtLeast,
  managerOf,
  readStreamFigures,
  SERVER_FEATURES,
  serverFeatures,
  streamInfo,
} from '@nats-bridge/messaging';
import { QUEUE_STREAM, RECORD_STREAM, UCS_SOURCE } from '@nats-bridge/protocol';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Command } from 'commander';
import { serverFailure } from '../installation/server-failure.js';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { bytes, plural } from '../output/numbers.js';
import { mark } from '../output/terminal.js';

type Finding = {
  readonly level: 'ok' | 'warning' | 'failed';
  readonly what: string;
  readonly detail: string;
};

export function doctorCommand(): Command {
  return command('doctor', 'check server, streams, consumers, workers and clock')
    .description(
      'Looks at server, streams, consumers, protection, rate limits, routes, letters, workers and clock, and says what to do. Changes nothing; the credentials of an operator or an auditor will do. Exit code 0: nothing failed; 1: something did. Warnings do not count.',
    )
    .action(async (options: CommandOptions) => {
      const findings: Finding[] = [{ level: 'ok', what: 'protocol', detail: UCS_SOURCE }];
      await withBridge(readSettingsHere(options).bridge, async (bridge) => {
        try {
          for (const look of LOOKS) findings.push(...(await look(bridge)));
        } catch (error) {
          findings.push({
            level: 'failed',
            what: 'NATS',
            detail: (serverFailure(error, bridge.config) as Error).message,
          });
        }
      });
      if (options.json) console.log(JSON.stringify(findings));
      else {
        const width = Math.max(...findings.map(({ what }) => what.length));
        for (const { level, what, detail } of findings)
          console.log(`${mark[level]()} ${what.padEnd(width)} ${detail}`);
      }
      process.exitCode = findings.some(({ level }) => level === 'failed') ? 1 : 0;
    });
}

const LOOKS = [server, streams, durability, protection, configuration, letters, approvals, workers];

async function server({ connection }: NatsBridge): Promise<Finding[]> {
  const { info } = await connection.get();
  const rttMs = await connection.rttMs();
  const version = info?.version ?? 'unknown';
  const features = serverFeatures(version);
  const missing = SERVER_FEATURES.filter(({ feature }) => !features[feature]);
  const detail = `nats-server ${version}, round trip ${rttMs.toFixed(1)} ms, largest message ${info?.max_payload} bytes`;
  return [
    { level: 'ok', what: 'NATS', detail },
    ...missing.map(({ feature, since }) => ({
      level: 'warning' as const,
      what: 'feature',
      detail: `${feature} is off: it needs nats-server ${since}`,
    })),
  ];
}

async function streams({ config, connection }: NatsBridge): Promise<Finding[]> {
  if (!config.jetstream_enabled)
    return [
      {
        level: 'warning',
        what: 'JetStream',
        detail: 'off: payments are lost when a worker dies; for development only',
      },
    ];
  const manager = await managerOf(connection);
  const findings: Finding[] = [];
  for (const name of [config.jetstream.stream_name, RECORD_STREAM]) {
    const info = await streamInfo(connection, name);
    if (info === undefined)
      findings.push({
        level: 'failed',
        what: name,
        detail: 'no such stream: run nats-bridge topology apply',
      });
    else
      findings.push({ level: 'ok', what: name, detail: describeStream(info, config.jetstream.num_replicas) });
    if (info !== undefined && name === RECORD_STREAM) findings.push(clock(info));
  }
  const wanted = workConsumersOf(config).map(({ name }) => name);
  const have = new Set<string>();
  if (findings.every(({ level }) => level !== 'failed'))
    for await (const { name } of manager.consumers.list(config.jetstream.stream_name)) have.add(name);
  const lacking = wanted.filter((name) => !have.has(name));
  if (lacking.length > 0)
    findings.push({
      level: 'failed',
      what: 'consumers',
      detail: `${lacking.length} of ${wanted.length} are missing: run nats-bridge topology apply`,
    });
  else findings.push({ level: 'ok', what: 'consumers', detail: `${wanted.length}` });
  const foreign = [...have].filter((name) => !wanted.includes(name));
  if (foreign.length > 0)
    findings.push({
      level: 'warning',
      what: 'consumers',
      detail: `${foreign.join(', ')} read the same stream: a payment may be executed by each`,
    });
  return findings;
}

/** Where nothing more is asked for, a write should at least outlive a power cut. */
async function durability(bridge: NatsBridge): Promise<Finding[]> {
  const least = bridge.config.durability ?? 'os_crash';
  try {
    const { survives, because } = await bridge.durability();
    const level = isAtLeast(survives, least) ? 'ok' : bridge.config.durability ? 'failed' : 'warning';
    return [
      { level, what: 'durability', detail: `an acknowledged request survives ${survives}: ${because}` },
    ];
  } catch (error) {
    return [{ level: 'warning', what: 'durability', detail: `not known: ${(error as Error).message}` }];
  }
}

/** What this configuration leaves open to whoever reaches NATS, and should not with real payments. */
async function protection({ config }: NatsBridge): Promise<Finding[]> {
  const { auth, base_url, sealing, signing, audit } = config;
  const isSomebody = Object.values(auth).some((value) => value !== undefined) || base_url.includes('@');
  const open = [
    !isSomebody && 'NATS is used without credentials',
    sealing === undefined && 'card data stands in clear (sealing)',
    signing === undefined && 'whoever may publish is believed (signing)',
    audit.seed_file === undefined && 'the audit is not signed',
  ].filter((text) => text !== false);
  if (open.length === 0)
    return [
      { level: 'ok', what: 'protection', detail: 'credentials, sealed bodies, signatures, a signed audit' },
    ];
  const detail = `by this configuration ${open.join(', ')}: docs/security.md, before the first real payment`;
  return [{ level: 'warning', what: 'protection', detail }];
}

/** Which rules hold calls back and whose workers get them, in the order in which that is decided. */
async function configuration({ config }: NatsBridge): Promise<Finding[]> {
  const finding = (level: Finding['level'], what: string) => (detail: string) => ({ level, what, detail });
  return [
    ...describeRateLimits(config.rate_limits).map(finding('ok', 'rate limit')),
    ...describeRoutes(config).map(finding('ok', 'route')),
    ...bridgeConfigWarnings(config).map(finding('warning', 'config')),
  ];
}

/** What waits for a person. */
async function letters({ config, connection }: NatsBridge): Promise<Finding[]> {
  if (!config.jetstream_enabled) return [];
  const queues = ['interventions', 'dead_letters'] as const;
  const figures = await readStreamFigures(
    connection,
    queues.map((queue) => QUEUE_STREAM[queue]),
  );
  return queues.flatMap((queue): Finding[] => {
    const messages = figures.find(({ name }) => name === QUEUE_STREAM[queue])?.messages ?? 0;
    if (messages === 0) return [];
    const detail = `${messages} in ${queue}: nats-bridge dlq list --queue ${queue}`;
    return [{ level: 'warning', what: 'letters', detail }];
  });
}

/** What waits for a second one. */
async function approvals({ config, connection }: NatsBridge): Promise<Finding[]> {
  try {
    const waiting = await createWaitingApprovals(connection, config)();
    if (waiting === undefined || waiting === 0) return [];
    const detail = `${waiting} wait for a second person: nats-bridge dlq approvals`;
    return [{ level: 'warning', what: 'approvals', detail }];
  } catch (error) {
    // The stream may not be made yet, and an auditor may not read it.
    const detail = `how many wait for a second person is not known: ${(error as Error).message}`;
    return [{ level: 'warning', what: 'approvals', detail }];
  }
}

/** @param wanted replicas, by the configuration */
function describeStream({ state, config }: StreamInfo, wanted: number): string {
  const have = config.num_replicas;
  const replicas = have === wanted ? plural(have, 'replica') : `${have} of ${plural(wanted, 'replica')}`;
  return `${plural(state.messages, 'message')}, ${bytes(state.bytes)}, ${config.storage}, ${replicas}`;
}

/** The server stamps its answers; deadlines and reply matching compare its clock with ours. */
function clock({ ts }: StreamInfo): Finding {
  const skewMs = Math.abs(Date.now() - Date.parse(String(ts)));
  const detail = `differs from the server's by ${Math.round(skewMs)} ms`;
  return { level: skewMs > 250 ? 'warning' : 'ok', what: 'clock', detail };
}

async function workers({ config, connection }: NatsBridge): Promise<Finding[]> {
  const [there, [work]] = await Promise.all([
    findWorkersThere(connection, config),
    config.jetstream_enabled ? readStreamFigures(connection, [config.jetstream.stream_name]) : [],
  ]);
  const read = new Set((work?.consumers ?? []).filter(isRead).map(({ name }) => name));
  const nobody = there.filter(({ who }) => who === 'nobody');
  // Nobody said anything, not even the server: these credentials may not ask, or who is there is too busy.
  const unclear = there.filter(({ who, consumer }) => who === 'unclear' && !read.has(consumer));
  const findings: Finding[] = [];
  if (nobody.length === there.length)
    findings.push({
      level: 'warning',
      what: 'workers',
      detail: 'nobody takes any operation: start your workers (docs/workers.md)',
    });
  else if (nobody.length > 0)
    findings.push({ level: 'warning', what: 'workers', detail: `nobody takes ${listed(nobody, there)}` });
  if (unclear.length > 0)
    findings.push({
      level: 'warning',
      what: 'workers',
      detail: `not known, because nobody answered, or these credentials may not ask: ${listed(unclear, there)}`,
    });
  return findings.length > 0
    ? findings
    : [{ level: 'ok', what: 'workers', detail: 'every operation has one' }];
}

function isRead({ waiting, ackPending }: ConsumerFigures): boolean {
  return waiting > 0 || ackPending > 0;
}

/** `authorize, capture; any operation but refund of the pool acme`: by pool, in the fewest words. */
function listed(some: readonly WorkersThere[], all: readonly WorkersThere[]): string {
  const hasPools = all.some(({ pool }) => pool !== undefined);
  return [...new Set(some.map(({ pool }) => pool))]
    .map((pool) => {
      const isOfPool = (one: WorkersThere) => one.pool === pool;
      const named = some.filter(isOfPool);
      const others = all.filter(isOfPool).filter((one) => !named.includes(one));
      const isMost = named.length > others.length;
      const what = isMost
        ? ['any operation', operationsOf(others)].filter(Boolean).join(' but ')
        : operationsOf(named);
      if (pool !== undefined) return `${what} of the pool ${pool}`;
      return isMost && hasPools ? `${what} of no pool` : what;
    })
    .join('; ');
}

function operationsOf(some: readonly WorkersThere[]): string {
  return some.map(({ operation }) => operation).join(', ');
}
