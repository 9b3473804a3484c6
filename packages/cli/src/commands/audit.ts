/** `nats-bridge audit`: what people did, and whether its record and that of payments are whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  compareRecords,
  exportRecords,
  importRecords,
  parseEntry,
  type RecordsUnread,
  readAudit,
  readChain,
  readRecords,
  shownChain,
  shownEntry,
  shownRecords,
} from '@nats-bridge/connector';
import {
  assertPublicSigningKey,
  createSigner,
  newSigningSeed,
  verifySignature,
} from '@nats-bridge/messaging';
import {
  AUDIT_ACTIONS,
  type AuditEntry,
  type ChainReport,
  inSnakeCase,
  isChainedEntry,
  type RecordReport,
  verifyChain,
} from '@nats-bridge/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readSettingsHere, type ServerOptions } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { inUtc } from '../options/moment.js';
import { plural } from '../output/numbers.js';
import { mark, progress, table } from '../output/terminal.js';

export function auditCommand(): Command {
  return new Command('audit')
    .summary('what people did, and whether its record is whole')
    .description(
      'Every action of nats-bridge dlq and of the admin API is written into the stream AUDIT before it happens, as one chain, and in it a digest of every record of a payment: docs/audit.md.',
    )
    .addCommand(list())
    .addCommand(verify())
    .addCommand(exportEntries())
    .addCommand(newKey());
}

function list(): Command {
  return command('list', 'what people did, oldest first')
    .option('--who <name>', 'of one person only')
    .addOption(new Option('--action <name>', 'one kind of action only').choices(AUDIT_ACTIONS))
    .action(async (options: CommandOptions & { who?: string; action?: string }) => {
      const { bridge: config } = readSettingsHere(options);
      const entries = (await withBridge(config, ({ connection }) => readAudit(connection)))
        .filter(({ who }) => options.who === undefined || who === options.who)
        .filter(({ action }) => options.action === undefined || action === options.action);
      if (options.json) return console.log(JSON.stringify(entries.map(shownEntry)));
      if (entries.length === 0)
        return console.log((options.who ?? options.action) ? 'No such entry.' : 'Nobody did anything.');
      console.log(
        table(
          ['when', 'who', 'action', 'what', 'why'],
          entries.map(({ at, who, action, what, why }) => [inUtc(at), who, action, described(what), why]),
        ),
      );
    });
}

/** A key says all; of what has none, each fact with its name. */
function described(what: AuditEntry['what']): string {
  if (what.idempotencyKey !== undefined) return String(what.idempotencyKey);
  const facts = Object.entries(what).filter(([, value]) => value !== undefined);
  return facts.map(([name, value]) => factOf(name, String(value))).join(', ');
}

function factOf(name: string, value: string): string {
  if (name === 'rate') return `${value} a second`;
  const field = inSnakeCase(name.replace(/Id$/, ''));
  const words = field === name ? name : field.replaceAll('_', ' ');
  return `${words} ${/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? inUtc(value) : value}`;
}

function verify(): Command {
  return command('verify', 'whether an entry or a record was removed, altered, inserted or moved')
    .description(
      'Looks whether an entry or a record was removed, altered, inserted or moved. Exit code 0: the chain is whole, and the records of payments are as it says; 1: not so, with every place where that shows. A missing end shows only against a head that was kept.',
    )
    .option('--file <path>', 'entries that were exported, instead of those in NATS')
    .option('--records <path>', 'with --file: records that were exported with them')
    .option('--chain-only', 'entries only, without reading the records of payments again')
    .option(
      '--public-key <keys>',
      'whose signatures count (U…), separated by commas: then each entry needs one',
      publicKeys,
    )
    .option('--head <hash>', 'the head of an earlier look: the chain must still hold it')
    .action(async (options: CommandOptions & VerifyOptions) => {
      const { entries, readings } =
        options.file === undefined ? await readAll(options) : readFiles(options.file, options.records);
      const chain = verifyChain(entries, {
        verify: verifySignature,
        ...(options.publicKey !== undefined && { publicKeys: options.publicKey }),
        ...(options.head !== undefined && { head: options.head }),
      });
      const records = compareRecords(readSettingsHere(options).bridge, entries, readings);
      console.log(
        options.json
          ? JSON.stringify({ ...shownChain(chain), records: records.map(shownRecords) })
          : [describe(chain), ...records.map(describeRecords)].join('\n'),
      );
      process.exitCode = chain.ok && records.every((report) => 'unread' in report || report.ok) ? 0 : 1;
    });
}

type VerifyOptions = {
  file?: string;
  records?: string;
  chainOnly?: boolean;
  publicKey?: readonly string[];
  head?: string;
};

function publicKeys(text: string): readonly string[] {
  const keys = text.split(',').map((key) => key.trim());
  for (const key of keys)
    try {
      assertPublicSigningKey(key);
    } catch {
      throw new InvalidArgumentError(
        `${key} is no public user key (U and 55 letters or digits): nats-bridge keys show prints that of a seed`,
      );
    }
  return keys;
}

/** More are counted. */
const MOST_SHOWN = 20;

function describeRecords(report: RecordReport | RecordsUnread): string {
  if ('unread' in report) return `${mark.warning()} ${report.stream} was not compared: ${report.unread}`;
  const { stream, ok, same, expired, dealtWith, unwatched, problems } = report;
  const lines = problems
    .slice(0, MOST_SHOWN)
    .map(({ seq, why }) => `${mark.failed()} ${stream} ${seq}: ${why}`);
  if (problems.length > MOST_SHOWN) lines.push(`${mark.failed()} … and ${problems.length - MOST_SHOWN} more`);
  const counts = [
    `${same} records as they were written down`,
    ...(expired > 0 ? [`${expired} expired`] : []),
    ...(dealtWith > 0 ? [`${dealtWith} dealt with by people`] : []),
    ...(unwatched > 0 ? [`${unwatched} not written down`] : []),
  ];
  lines.push(`${ok ? mark.ok() : mark.failed()} ${stream}: ${counts.join(', ')}`);
  return lines.join('\n');
}

function describe({ ok, entries, unchained, signed, first, head, problems }: ChainReport): string {
  const chained = entries - unchained;
  const placesOf = new Map<string, number[]>();
  for (const { n, why } of problems) placesOf.set(why, [...(placesOf.get(why) ?? []), n]);
  const lines = [...placesOf].map(
    ([why, [first = 0, ...others]]) => `${mark.failed()} ${placeOf(first, others.length)}: ${why}`,
  );
  if (unchained > 0)
    lines.push(`${mark.warning()} ${unchained} entries are older than the chain, and prove nothing`);
  if (first !== undefined && first > 1)
    lines.push(`${mark.warning()} entries 1 to ${first - 1} have expired, or were taken from the front`);
  if (signed < chained)
    lines.push(`${mark.warning()} ${chained - signed} of ${chained} entries are not signed`);
  lines.push(
    `${ok ? mark.ok() : mark.failed()} ${chained} entries${ok ? ', each follows the one before' : ''}`,
  );
  if (head !== undefined) lines.push(`head ${head}`);
  return lines.join('\n');
}

/** @param others that have the same to complain of */
function placeOf(n: number, others: number): string {
  if (n === 0) return 'the chain';
  return others === 0 ? `entry ${n}` : `entry ${n} and ${plural(others, 'other', 'others')}`;
}

function exportEntries(): Command {
  return command('export', 'all entries, a line of JSON each')
    .requiredOption('--output <path>', 'where to; must not exist')
    .option('--records <path>', 'the records of payments too, to be compared without NATS; must not exist')
    .action(async (options: CommandOptions & { output: string; records?: string }) => {
      const { entries, readings } = await readAll({ ...options, chainOnly: options.records === undefined });
      const text = entries.map((entry) => `${JSON.stringify(entry ?? null)}\n`).join('');
      writeNew(options.output, text, 0o644);
      if (options.records !== undefined) writeNew(options.records, exportRecords(readings), 0o600);
      const head = entries.findLast(isChainedEntry)?.hash;
      if (options.json) return console.log(JSON.stringify(exported(entries.length, head, readings)));
      progress(`${entries.length} entries in ${options.output}; the head is ${head ?? 'none'}`);
      for (const reading of readings)
        progress(
          'unread' in reading
            ? `${mark.warning(process.stderr)} ${reading.stream} is not in ${options.records}: ${reading.unread}`
            : `${reading.records.length} records of ${reading.stream} in ${options.records}`,
        );
    });
}

/** For programs. */
function exported(
  entries: number,
  head: string | undefined,
  readings: Awaited<ReturnType<typeof readAll>>['readings'],
) {
  const records = readings.map((reading) =>
    'unread' in reading
      ? { stream: reading.stream, unread: reading.unread }
      : { stream: reading.stream, records: reading.records.length },
  );
  return { entries, head, records };
}

function newKey(): Command {
  return new Command('new-key')
    .summary('make a key that signs entries; its seed goes to a file, its public part is printed')
    .argument('<file>', 'where the seed goes, readable by its owner only; must not exist')
    .action((file: string) => {
      const seed = newSigningSeed();
      writeNew(file, `${seed.reveal()}\n`, 0o600);
      console.log(createSigner(seed).publicKey);
      progress(`the seed is in ${file}: name it as nats_bridge.audit.seed_file`);
    });
}

/** The chain first: what comes meanwhile is then newer than its end, and not missing. */
function readAll(options: ServerOptions & { chainOnly?: boolean }) {
  return withBridge(readSettingsHere(options).bridge, async (bridge) => {
    const entries = await readChain(bridge.connection);
    return { entries, readings: options.chainOnly ? [] : await readRecords(bridge) };
  });
}

function readFiles(file: string, records: string | undefined) {
  const readings = records === undefined ? [] : importRecords(readFileSync(records, 'utf8'), records);
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return { entries: lines.map(parseEntry), readings };
}

function writeNew(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new Error(`${path} is there already: nothing is overwritten; choose another name`);
  }
}
