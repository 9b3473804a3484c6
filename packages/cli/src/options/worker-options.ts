/** What every ready worker's command has in common: where it finds NATS, how much it takes, what it says. */
import { natsAccessOf } from '@nats-bridge/connector/configuration';
import { LAST_PRIORITY, MOST_WEIGHT, type WorkerEvent, type WorkerOptions } from '@nats-bridge/worker';
import { type Command, InvalidArgumentError } from 'commander';
import { readSettingsHere, type ServerOptions, withServerOptions } from '../installation/settings.js';
import { logStyle, mark } from '../output/terminal.js';
import { wholeNumber, wholeNumberFrom } from './number-option.js';

export type WorkerCommandOptions = ServerOptions & {
  pool?: string;
  concurrency: number;
  weight?: number;
  priority?: number;
  sealSeed?: string[];
  sealBridge?: string[];
  signSeed?: string[];
  signBridge?: string[];
  json?: boolean;
  metricsPort?: number;
  metricsHost: string;
};

export function withWorkerOptions(command: Command): Command {
  return withServerOptions(command)
    .option('--pool <name>', 'take the requests of the merchants in this pool of nats_bridge.pools')
    .option('--concurrency <n>', 'requests handled at once, per operation', wholeNumber, 64)
    .option(
      '--weight <n>',
      `share against the other workers, 1 to ${MOST_WEIGHT}; to all workers or to none`,
      wholeNumberFrom(1, MOST_WEIGHT),
    )
    .option(
      '--priority <n>',
      `above 0: a backup, for requests that no worker of a lower number is there for; 0 to ${LAST_PRIORITY} (default: 0)`,
      wholeNumberFrom(0, LAST_PRIORITY),
    )
    .option(
      '--seal-seed <file...>',
      'seeds of own curve keys (nats-bridge keys new): takes sealed requests only',
    )
    .option('--seal-bridge <key...>', 'public curve keys of the bridges, with --seal-seed')
    .option(
      '--sign-seed <file...>',
      'seeds of own user keys (nats-bridge keys new --signing): takes signed requests only, and signs its answers',
    )
    .option('--sign-bridge <key...>', 'public user keys of the bridges, with --sign-seed')
    .option('--metrics-port <port>', 'serve Prometheus metrics at this port; 0 for any', wholeNumberFrom(0))
    .option('--metrics-host <host>', 'where metrics are served', '127.0.0.1')
    .option('--json', 'report events as JSON lines');
}

/** @param name how the worker is called in what it prints */
export function workerOptionsOf(
  name: string,
  options: WorkerCommandOptions,
): Omit<WorkerOptions, 'handlers' | 'connection'> {
  const { bridge: config } = readSettingsHere(options);
  if (options.weight !== undefined && options.weight > options.concurrency)
    throw new InvalidArgumentError(
      `--weight ${options.weight} is above --concurrency ${options.concurrency}: it has no place for so many requests`,
    );
  return {
    ...natsAccessOf(config),
    jetstream: config.jetstream_enabled,
    streamName: config.jetstream.stream_name,
    consumerName: config.jetstream.consumer_name,
    pool: options.pool,
    ackWaitMs: config.jetstream.ack_wait,
    subjects: config.subjects,
    concurrency: options.concurrency,
    weight: options.weight,
    priority: options.priority,
    sealing: keysOf('seal', options.sealSeed, options.sealBridge),
    signing: keysOf('sign', options.signSeed, options.signBridge),
    ...(config.tracing.endpoint !== undefined && {
      tracing: { endpoint: config.tracing.endpoint, sampleRatio: config.tracing.sample_ratio },
    }),
    logging: {
      level: config.logging.modules.worker ?? config.logging.level,
      nats: config.logging.nats,
      lines: logStyle(),
    },
    ...(options.metricsPort !== undefined && {
      metrics: { port: options.metricsPort, host: options.metricsHost },
    }),
    onEvent: (event) => {
      const line = options.json ? JSON.stringify({ event: event.type }) : lineOf(name, event);
      if (line !== undefined) console.log(line);
    },
  };
}

/** @throws InvalidArgumentError when only one of the two is given */
function keysOf(
  purpose: 'seal' | 'sign',
  seedFiles: readonly string[] | undefined,
  bridges: readonly string[] | undefined,
): { readonly seedFiles: readonly string[]; readonly bridges: readonly string[] } | undefined {
  if (seedFiles === undefined && bridges === undefined) return undefined;
  if (seedFiles === undefined || bridges === undefined)
    throw new InvalidArgumentError(
      `--${purpose}-seed and --${purpose}-bridge go together: own seeds, and the keys of the bridges`,
    );
  return { seedFiles, bridges };
}

/** What a person waits for; everything else stands in the log. */
function lineOf(name: string, event: WorkerEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `${mark.ok()} ${name} worker ready (${event.mode})`;
    case 'metrics_served':
      return `${mark.ok()} metrics ${event.url}`;
    default:
      return undefined;
  }
}
