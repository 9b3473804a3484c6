/** `nats-bridge replay`: requests of the past with how they ended, to look at or for whoever counts them; executes nothing. */
import {
  assertReplaySubject,
  type NatsBridge,
  publishReplay,
  REPLAY_OUTCOMES,
  type ReplayedRequest,
  type ReplayFilter,
  type ReplayOutcome,
  ReplayStoppedError,
  replayedRequests,
  writeAudit,
} from '@nats-bridge/connector';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { assertMayBeWrittenDown } from '../installation/assert-may-be-written-down.js';
import { withArchive } from '../installation/with-archive.js';
import {
  type ArchiveOptions,
  archiveFilterOf,
  auditedFilter,
  ofArchive,
} from '../options/archive-options.js';
import { whoOption } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { inUtc } from '../options/moment.js';
import { positive, wholeNumber } from '../options/number-option.js';
import { mark, paint, progress, table } from '../output/terminal.js';

type Options = CommandOptions &
  ArchiveOptions & {
    outcome?: ReplayOutcome[];
    after?: number;
    limit: number;
    to?: string;
    rate: number;
    dryRun?: boolean;
    reason?: string;
    as: string;
  };

/** What says something of publishing alone. */
const OF_PUBLISHING = ['rate', 'dryRun', 'reason', 'as'] as const satisfies readonly (keyof Options)[];
const MOST_SHOWN = 50;
const PROGRESS_EVERY = 1_000;

export function replayCommand(): Command {
  return ofArchive(command('replay', 'read requests of the past again, with how they ended'))
    .description(
      'Reads the archive: what was asked and how it ended, the requests masked; with --to it publishes them, in order and at a rate, for whoever reconciles or counts. Nothing is executed: what never ran is sent again by nats-bridge dlq retry. docs/replay.md.',
    )
    .addOption(new Option('--outcome <outcomes...>', 'that ended so, by the ledger').choices(REPLAY_OUTCOMES))
    .option('--after <seq>', 'only behind this sequence of the archive', wholeNumber)
    .option('--limit <n>', 'how many rows to show; --json shows all', wholeNumber, MOST_SHOWN)
    .option('--to <subject>', 'publish them there, masked; a stream has to keep it, and no worker may listen')
    .option('--rate <n>', 'with --to: at most so many a second', positive, 100)
    .option('--dry-run', 'with --to: say how many it would be, and how long it would take')
    .option('--reason <text>', 'with --to: why; it goes into the audit')
    .addOption(whoOption('with --to: '))
    .action(async (options: Options, replay: Command) => {
      const { outcome: outcomes, after: afterSeq } = options;
      const filter = { ...archiveFilterOf(options), outcomes, afterSeq };
      const { to } = options;
      const idle = OF_PUBLISHING.filter((name) => replay.getOptionValueSource(name) === 'cli');
      if (to === undefined && idle.length > 0)
        throw new InvalidArgumentError(
          '--rate, --dry-run, --reason and --as go with --to: without it nothing is published',
        );
      if (to !== undefined && options.reason === undefined && !options.dryRun)
        throw new InvalidArgumentError('--to needs a --reason: it goes into the audit');
      await withArchive(options, (bridge) =>
        to === undefined ? list(bridge, filter, options) : publish(bridge, filter, { ...options, to }),
      );
    });
}

async function list(bridge: NatsBridge, filter: ReplayFilter, { json, limit }: Options): Promise<void> {
  const rows: string[][] = [];
  let count = 0;
  for await (const request of replayedRequests(bridge, filter)) {
    count++;
    if (json) console.log(JSON.stringify(request));
    else if (rows.length < limit) rows.push(rowOf(request));
    if (!json && count % PROGRESS_EVERY === 0) progress(`${count} requests`);
  }
  if (json) return;
  if (count === 0) return console.log('No requests.');
  console.log(table(['seq', 'stored', 'merchant', 'key', 'connector', 'outcome', 'detail'], rows));
  if (count > rows.length)
    console.log(paint('dim', `and ${count - rows.length} more: --limit ${count}, or --json`));
}

function rowOf({
  seq,
  at,
  merchant_id,
  idempotency_key,
  connector,
  outcome,
  ...request
}: ReplayedRequest): string[] {
  const detail = request.unreadable ?? request.error?.code ?? request.reason ?? request.transaction_id ?? '';
  return [String(seq), inUtc(at), merchant_id, idempotency_key, connector ?? '', outcome, detail];
}

async function publish(
  bridge: NatsBridge,
  filter: ReplayFilter,
  { to, rate, dryRun, reason = '', as, json }: Options & { to: string },
): Promise<void> {
  await assertReplaySubject(bridge, to);
  if (dryRun) {
    let count = 0;
    for await (const _ of replayedRequests(bridge, filter)) count++;
    const seconds = count / rate;
    return console.log(
      json
        ? JSON.stringify({ would_publish: count, seconds })
        : `${mark.ok()} ${count} would be published to ${to}, in about ${seconds.toFixed(1)} s`,
    );
  }
  await assertMayBeWrittenDown(bridge);
  const { outcomes, afterSeq, ...archived } = filter;
  const what = { ...auditedFilter(archived), outcomes: outcomes?.join(' '), afterSeq, to, rate };
  await writeAudit(bridge.connection, { action: 'replay', who: as, why: reason, what }, bridge.auditSigner);
  try {
    const { published, stream } = await publishReplay(bridge, replayedRequests(bridge, filter), {
      subject: to,
      perSecond: rate,
      onProgress: (done) => {
        if (done % Math.max(1, Math.round(rate)) === 0) progress(`${done} published`);
      },
    });
    console.log(
      json
        ? JSON.stringify({ published, stream })
        : `${mark.ok()} ${published} published to ${to}${stream === undefined ? '' : `, kept by ${stream}`}`,
    );
  } catch (error) {
    if (!(error instanceof ReplayStoppedError)) throw error;
    const goOn =
      error.published > 0
        ? `--after ${error.lastSeq} goes on behind the last`
        : 'nothing was published; a stream has to keep the subject: nats stream add';
    throw new Error(`${error.message} (${goOn})`, { cause: error });
  }
}
