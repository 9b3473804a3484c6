/** `nats-bridge worker ucs`: every operation forwarded to a UCS, a server or Prism in this process. */
import { ConfigError } from '@nats-bridge/connector/configuration';
import type { PrismEnvironment, UcsTarget } from '@nats-bridge/ucs';
import { Command, Option } from 'commander';
import { type WorkerCommandOptions, withWorkerOptions, workerOptionsOf } from '../options/worker-options.js';

type Options = WorkerCommandOptions & {
  readonly target?: string;
  readonly insecure?: boolean;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly inProcess?: boolean;
  readonly environment: PrismEnvironment;
  readonly prismLibrary?: string;
};

export function ucsCommand(): Command {
  return withWorkerOptions(new Command('ucs'))
    .summary('any UCS server, such as Prism, as a worker')
    .description('Forwards every operation from NATS to a UCS: docs/ucs-worker.md.')
    .option('--target <host:port>', 'UCS server; TLS unless it is on this machine')
    .option('--tls', 'TLS on this machine too')
    .option('--tls-ca <file>', "PEM file of the authorities to trust; default: the system's")
    .option('--tls-cert <file>', "PEM file of this worker's certificate, with --tls-key")
    .option('--tls-key <file>', 'PEM file of its key')
    .option('--insecure', 'plain text to another machine: credentials and cards can be read on the way')
    .option('--in-process', "Prism's core in this process, through its native library, instead of --target")
    .addOption(
      new Option('--environment <name>', 'with --in-process: which environment of a processor is called')
        .choices(['sandbox', 'production'])
        .default('sandbox'),
    )
    .option('--prism-library <file>', 'with --in-process: a native library built for this machine')
    .action(async (options: Options) => {
      const ucs = await import('@nats-bridge/ucs');
      const target = targetOf(options, ucs);
      await ucs.createUcsWorker({ ...workerOptionsOf('UCS', options), target }).runUntilSignal();
    });
}

/** @throws ConfigError, NativeLibraryError */
function targetOf(
  options: Options,
  { createGrpcTarget, createInProcessTarget }: typeof import('@nats-bridge/ucs'),
): UcsTarget {
  const { target, inProcess = false, environment, prismLibrary } = options;
  if ((target !== undefined) === inProcess)
    throw refused('name a UCS server with --target <host:port>, or use Prism itself with --in-process');
  if (target === undefined) return createInProcessTarget({ environment, libraryFile: prismLibrary });
  const { insecure, tls, tlsCa, tlsCert, tlsKey } = options;
  const wantsTls = tls === true || [tlsCa, tlsCert, tlsKey].some((file) => file !== undefined);
  try {
    return createGrpcTarget({
      target,
      insecure,
      tls: wantsTls ? { caFile: tlsCa, certFile: tlsCert, keyFile: tlsKey } : undefined,
    });
  } catch (error) {
    throw refused((error as Error).message);
  }
}

function refused(message: string): ConfigError {
  return new ConfigError([{ key: '', where: 'worker ucs', message }]);
}
