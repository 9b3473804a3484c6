/** `nats-bridge doctor`: what is there, what is missing, and what to do about it. */
import { NatsBridge, QUEUE_STREAM, workConsumersOf } from '@nats-bridge/connector';
import { isAtLeast, SERVER_FEATURES, serverFeatures } from '@nats-bridge/messaging';
import { guardedSubject, OPERATIONS, RECORD_STREAM, UCS_SOURCE } from '@nats-bridge/protocol';
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { Command } from 'commander';
import { readSettings, withConfigOption } from '../settings.js';
import { mark } from '../terminal.js';

type Finding = {
  readonly level: 'ok' | 'warning' | 'failed';
  readonly what: string;
  readonly detail: string;
};
type Nats = Awaited<ReturnType<NatsBridge['connection']['get']>>;

export function doctorCommand(): Command {
  return withConfigOption(new Command('doctor'))
    .summary('check server, streams, consumers, workers and clock')
    .description('Exit code 0: nothing failed; 1: something did. Warnings do not count.')
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .option('--json', 'as JSON')
    .action(async (options: { config?: string; nats?: string; json?: boolean }) => {
      const { bridge: config } = readSettings(options);
      const bridge = new NatsBridge(config);
      const findings: Finding[] = [{ level: 'ok', what: 'protocol', detail: UCS_SOURCE }];
      try {
        const nats = await bridge.connection.get();
        findings.push(
          ...server(nats, await bridge.connection.rttMs()),
          ...(await streams(bridge, nats)),
          await durability(bridge),
          ...(await letters(nats)),
          ...(await workers(nats)),
        );
      } catch (error) {
        findings.push({ level: 'failed', what: 'NATS', detail: (error as Error).message });
      } finally {
        await bridge.close();
      }
      if (options.json) console.log(JSON.stringify(findings));
      else
        for (const { level, what, detail } of findings)
          console.log(`${mark[level]()} ${what.padEnd(10)} ${detail}`);
      process.exitCode = findings.some(({ level }) => level === 'failed') ? 1 : 0;
    });
}

function server(nats: Nats, rttMs: number): Finding[] {
  const version = nats.info?.version ?? 'unknown';
  const features = serverFeatures(version);
  const missing = SERVER_FEATURES.filter(({ feature }) => !features[feature]);
  const detail = `nats-server ${version}, round trip ${rttMs.toFixed(1)} ms, largest message ${nats.info?.max_payload} bytes`;
  return [
    { level: 'ok', what: 'NATS', detail },
    ...missing.map(({ feature, since }) => ({
      level: 'warning' as const,
      what: 'feature',
      detail: `${feature} is off: it needs nats-server ${since}`,
    })),
  ];
}

async function streams({ config }: NatsBridge, nats: Nats): Promise<Finding[]> {
  if (!config.jetstream_enabled)
    return [
      {
        level: 'warning',
        what: 'JetStream',
        detail: 'off: payments are lost when a worker dies; for development only',
      },
    ];
  const manager = await jetstreamManager(nats);
  const findings: Finding[] = [];
  for (const name of [config.jetstream.stream_name, RECORD_STREAM]) {
    const info = await manager.streams.info(name).catch(() => undefined);
    if (info === undefined)
      findings.push({
        level: 'failed',
        what: name,
        detail: 'no such stream: run nats-bridge topology apply',
      });
    else findings.push({ level: 'ok', what: name, detail: describeStream(info) });
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
async function durability(bridge: NatsBridge): Promise<Finding> {
  const least = bridge.config.durability ?? 'os_crash';
  try {
    const { survives, because } = await bridge.durability();
    const level = isAtLeast(survives, least) ? 'ok' : bridge.config.durability ? 'failed' : 'warning';
    return { level, what: 'durability', detail: `an acknowledged request survives ${survives}: ${because}` };
  } catch (error) {
    return { level: 'warning', what: 'durability', detail: `not known: ${(error as Error).message}` };
  }
}

/** What waits for a person. */
async function letters(nats: Nats): Promise<Finding[]> {
  const manager = await jetstreamManager(nats);
  const findings = await Promise.all(
    (['interventions', 'dead_letters'] as const).map(async (queue): Promise<Finding | undefined> => {
      const info = await manager.streams.info(QUEUE_STREAM[queue]).catch(() => undefined);
      if (info === undefined || info.state.messages === 0) return undefined;
      const detail = `${info.state.messages} in ${queue}: nats-bridge dlq list --queue ${queue}`;
      return { level: 'warning', what: 'letters', detail };
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

function describeStream({ state, config }: StreamInfo): string {
  return `${state.messages} messages, ${state.bytes} bytes, ${config.storage}, ${config.num_replicas} replica(s)`;
}

/** The server stamps its answers; deadlines and reply matching compare its clock with ours. */
function clock({ ts }: StreamInfo): Finding {
  const skewMs = Math.abs(Date.now() - Date.parse(String(ts)));
  const detail = `differs from the server's by ${Math.round(skewMs)} ms`;
  return { level: skewMs > 250 ? 'warning' : 'ok', what: 'clock', detail };
}

async function workers(nats: Nats): Promise<Finding[]> {
  const missing: string[] = [];
  const payments = OPERATIONS.filter(({ channel }) => channel === 'payments');
  await Promise.all(
    payments.map(async ({ operation }) => {
      await nats
        .request(guardedSubject(operation), undefined, { timeout: 500 })
        .catch(() => missing.push(operation));
    }),
  );
  if (missing.length === 0) return [{ level: 'ok', what: 'workers', detail: 'every operation has one' }];
  if (missing.length === payments.length)
    return [
      { level: 'warning', what: 'workers', detail: 'none of the SDK is running: nats-bridge worker sandbox' },
    ];
  return [{ level: 'warning', what: 'workers', detail: `none of the SDK for ${missing.join(', ')}` }];
}
