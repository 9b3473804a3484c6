/** `nats-bridge reconcile`: whether ledger and processors say the same of operations that move money. */
import { type Finding, type Money, type Reconciled, reconcile, writeAudit } from '@nats-bridge/connector';
import { csvLine } from '@nats-bridge/gateway';
import { operationRow } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { assertMayBeWrittenDown } from '../installation/assert-may-be-written-down.js';
import { assertStreamsAsConfigured, withArchive } from '../installation/with-archive.js';
import {
  type ArchiveOptions,
  archiveFilterOf,
  auditedFilter,
  ofArchive,
} from '../options/archive-options.js';
import { actorOf, type By, byPerson } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { inUtc } from '../options/moment.js';
import { positive, wholeNumber } from '../options/number-option.js';
import { mark, paint, progress, table } from '../output/terminal.js';
import { untilSignal } from '../running/until-signal.js';

type Options = CommandOptions &
  By &
  ArchiveOptions & { rate: number; limit: number; all?: boolean; csv?: boolean };

const MOST_SHOWN = 50;
/** Beside those of every command: 1 it did not work, 2 it was asked for wrongly. */
const DIFFERS = 3;
const NOT_TOLD = 4;

const IN_WORDS: Readonly<Record<Reconciled, string>> = {
  differs: 'ledger and processor contradict each other',
  settled: 'in doubt here, and the processor says how they ended',
  unknown: 'still unknown',
  cannot_ask: 'could not be asked about',
  agrees: 'agree',
};
/** As somebody wants to see them. */
const ORDER = Object.keys(IN_WORDS) as Reconciled[];

export function reconcileCommand(): Command {
  const named = byPerson(command('reconcile', 'compare the ledger with what the processors say'));
  return ofArchive(named)
    .description(
      'Asks the workers how each operation that moves money ended at the processor, by the questions that Hyperswitch asks (sync, refund_sync), and compares it with the ledger: docs/replay.md. Nothing is executed and nothing is settled. Exit code 0: nothing differs and nothing is open; 3: something differs; 4: nothing differs, but something is unknown or could not be asked.',
    )
    .option('--rate <n>', 'at most so many questions a second', positive, 10)
    .option('--limit <n>', 'how many to show; --json and --csv show all', wholeNumber, MOST_SHOWN)
    .option('--all', 'show those that agree, too')
    .option('--csv', 'all of them, as comma-separated values')
    .action(async (options: Options) => {
      if (options.csv && options.json) throw new InvalidArgumentError('--csv or --json, not both');
      const filter = archiveFilterOf(options);
      if (filter.operation !== undefined && !operationRow(filter.operation).movesMoney)
        throw new InvalidArgumentError(
          `--operation ${filter.operation} moves no money, and is not reconciled: name one that does, such as capture`,
        );
      await withArchive(options, async (bridge) => {
        await assertStreamsAsConfigured(bridge);
        await assertMayBeWrittenDown(bridge);
        const what = { ...auditedFilter(filter), rate: options.rate };
        await writeAudit(
          bridge.connection,
          { action: 'reconcile', ...actorOf(options), what },
          bridge.auditSigner,
        );
        const stopping = new AbortController();
        void untilSignal().then(() => stopping.abort());
        const findings = await reconcile(bridge, filter, {
          perSecond: options.rate,
          signal: stopping.signal,
          onProgress: (done, of) => {
            if (done % Math.max(1, Math.round(options.rate)) === 0 || done === of)
              progress(`${done} of ${of} payments`);
          },
        });
        const { aborted } = stopping.signal;
        console.log(shown(findings, options, aborted));
        if (aborted) progress(`${mark.warning(process.stderr)} it was stopped: the rest was not asked about`);
        process.exitCode = exitCodeOf(findings, aborted);
      });
    });
}

function exitCodeOf(findings: readonly Finding[], isPartial: boolean): number {
  const has = (wanted: Reconciled) => findings.some(({ verdict }) => verdict === wanted);
  if (has('differs')) return DIFFERS;
  return isPartial || has('unknown') || has('cannot_ask') ? NOT_TOLD : 0;
}

function shown(findings: readonly Finding[], options: Options, isPartial: boolean): string {
  if (options.json) return JSON.stringify({ counts: countsOf(findings), findings: findings.map(shownAs) });
  if (options.csv) return [CSV_HEAD, ...findings.map(csvRow)].map(csvLine).join('').trimEnd();
  const rows = ORDER.flatMap((wanted) => findings.filter(({ verdict }) => verdict === wanted)).filter(
    ({ verdict }) => options.all || verdict !== 'agrees',
  );
  const lines = Object.entries(countsOf(findings))
    .filter(([verdict, count]) => count > 0 || verdict === 'agrees')
    .map(
      ([verdict, count]) => `${markOf(verdict as Reconciled)} ${count} ${IN_WORDS[verdict as Reconciled]}`,
    );
  if (findings.length === 0 && !isPartial) return 'No operations that move money.';
  if (rows.length > 0) lines.unshift(table(HEAD, rows.slice(0, options.limit).map(row)), '');
  const more = rows.length - options.limit;
  if (more > 0) lines.push(paint('dim', `and ${more} more: --limit ${rows.length}, --csv or --json`));
  return lines.join('\n');
}

function countsOf(findings: readonly Finding[]): Readonly<Record<Reconciled, number>> {
  const counts = { differs: 0, settled: 0, unknown: 0, cannot_ask: 0, agrees: 0 };
  for (const { verdict } of findings) counts[verdict]++;
  return counts;
}

function markOf(verdict: Reconciled): string {
  if (verdict === 'differs') return mark.failed();
  return verdict === 'agrees' || verdict === 'settled' ? mark.ok() : mark.warning();
}

const HEAD = ['verdict', 'requested', 'merchant', 'key', 'ledger', 'processor', 'why'];

function row({ verdict, at, merchantId, idempotencyKey, ledger, processor, ...finding }: Finding): string[] {
  const why = [finding.why, amountsOf(finding)].filter(Boolean).join(', ');
  return [verdict, inUtc(at), merchantId, idempotencyKey, ledger, processor ?? '', why];
}

function amountsOf({ amount }: Pick<Finding, 'amount'>): string | undefined {
  if (amount === undefined) return undefined;
  const [here, there] = [amount.ledger, amount.processor].map(({ minorAmount, currency }) =>
    [minorAmount, currency].filter(Boolean).join(' '),
  );
  return `${here} here, ${there} there`;
}

/** For programs. */
function shownAs(finding: Finding) {
  const { verdict, at, merchantId, paymentId, operation, idempotencyKey, connector, amount } = finding;
  const money = ({ minorAmount, currency }: Money) => ({ minor_amount: minorAmount, currency });
  return {
    verdict,
    requested_at: at.toISOString(),
    merchant_id: merchantId,
    payment_id: paymentId,
    operation,
    idempotency_key: idempotencyKey,
    connector,
    transaction_id: finding.transactionId,
    ledger: finding.ledger,
    processor: finding.processor,
    amount: amount && { ledger: money(amount.ledger), processor: money(amount.processor) },
    why: finding.why,
  };
}

const CSV_HEAD = [
  ...['verdict', 'requested_at', 'merchant_id', 'payment_id', 'operation', 'idempotency_key', 'connector'],
  ...[
    'transaction_id',
    'ledger',
    'processor',
    'ledger_minor_amount',
    'processor_minor_amount',
    'currency',
    'why',
  ],
];

function csvRow(finding: Finding): (string | number | undefined)[] {
  const { verdict, at, merchantId, paymentId, operation, idempotencyKey, connector, amount } = finding;
  return [
    ...[verdict, at.toISOString(), merchantId, paymentId, operation, idempotencyKey, connector],
    ...[finding.transactionId, finding.ledger, finding.processor],
    ...[amount?.ledger, amount?.processor].map((money) => money?.minorAmount),
    ...[amount?.ledger.currency, finding.why],
  ];
}
