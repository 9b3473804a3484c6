/** `nats-bridge worker ucs`: every operation forwarded to a UCS server. */
import { ConfigError } from '@nats-bridge/connector';
import { createGrpcTarget, createUcsWorker, type UcsTarget } from '@nats-bridge/ucs';
import { Command } from 'commander';
import { type WorkerCommandOptions, withWorkerOptions, workerOptionsOf } from '../worker-options.js';

type Options = WorkerCommandOptions & {
  readonly target: string;
  readonly insecure?: boolean;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
};

export function ucsCommand(): Command {
  return withWorkerOptions(new Command('ucs'))
    .summary('any UCS server, such as Prism, as a worker')
    .description('Forwards every operation from NATS to a UCS over gRPC: docs/ucs-worker.md.')
    .requiredOption('--target <host:port>', 'UCS server; TLS unless it is on this machine')
    .option('--tls', 'TLS on this machine too')
    .option('--tls-ca <file>', "PEM file of the authorities to trust; default: the system's")
    .option('--tls-cert <file>', "PEM file of this worker's certificate, with --tls-key")
    .option('--tls-key <file>', 'PEM file of its key')
    .option('--insecure', 'plain text to another machine: credentials and cards can be read on the way')
    .action(async (options: Options) => {
      const common = workerOptionsOf('UCS', options);
      await createUcsWorker({ ...common, target: grpcTarget(options) }).runUntilSignal();
    });
}

/** @throws ConfigError */
function grpcTarget({ target, insecure, tls, tlsCa, tlsCert, tlsKey }: Options): UcsTarget {
  const wantsTls = tls === true || [tlsCa, tlsCert, tlsKey].some((file) => file !== undefined);
  try {
    return createGrpcTarget({
      target,
      insecure,
      tls: wantsTls ? { caFile: tlsCa, certFile: tlsCert, keyFile: tlsKey } : undefined,
    });
  } catch (error) {
    const { message } = error as Error;
    throw new ConfigError([{ key: '', where: 'worker ucs --target', message }]);
  }
}
