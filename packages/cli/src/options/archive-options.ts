/** Which requests of the archive `nats-bridge reconcile` and `replay` are about. */
import type { ArchiveFilter } from '@nats-bridge/connector';
import { isOperation, OPERATIONS, type Operation } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { moment } from './moment.js';

export type ArchiveOptions = {
  since?: Date;
  until?: Date;
  merchant?: string;
  operation?: Operation;
  payment?: string;
  connector?: string;
};

export function ofArchive(named: Command): Command {
  return named
    .option(
      '--since <when>',
      'requested since: a time (2026-11-24T10:00Z), or how long ago (30m, 6h, 2d); default `24h`',
      moment,
    )
    .option('--until <when>', 'requested before, said likewise', moment)
    .option('--merchant <id>', 'of one merchant only')
    .option('--operation <name>', 'of one operation only', operation)
    .option('--payment <id>', 'of one payment only')
    .option('--connector <name>', 'of one connector only');
}

export function archiveFilterOf(options: ArchiveOptions): ArchiveFilter & {
  readonly operation?: Operation;
  readonly connector?: string;
} {
  const { since = moment('24h'), until, merchant, operation, payment, connector } = options;
  if (until !== undefined && since >= until)
    throw new InvalidArgumentError('--since is not before --until: nothing is in between');
  return { since, until, merchantId: merchant, operation, paymentId: payment, connector };
}

/** The filter as the audit has it. */
export function auditedFilter({ since, until, ...filter }: ArchiveFilter & { readonly connector?: string }) {
  return { ...filter, since: since?.toISOString(), until: until?.toISOString() };
}

function operation(name: string): Operation {
  if (isOperation(name)) return name;
  throw new InvalidArgumentError(
    `no operation of the catalogue; there are ${OPERATIONS.map(({ operation }) => operation).join(', ')}`,
  );
}
