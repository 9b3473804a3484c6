/** `nats-bridge audit verify`: whether the record of what people did, and those of payments, are whole. */
import { readFileSync } from 'node:fs';
import {
  compareRecords,
  importRecords,
  parseEntry,
  type RecordsUnread,
  shownChain,
  shownRecords,
} from '@nats-bridge/connector';
import { assertPublicSigningKey, verifySignature } from '@nats-bridge/messaging';
import { type ChainReport, type RecordReport, verifyChain } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { readAudited } from '../installation/read-audited.js';
import { readSettingsHere } from '../installation/settings.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { plural } from '../output/numbers.js';
import { mark } from '../output/terminal.js';

export function verifyCommand(): Command {
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
        options.file === undefined ? await readAudited(options) : readFiles(options.file, options.records);
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

function readFiles(file: string, records: string | undefined) {
  const readings = records === undefined ? [] : importRecords(readFileSync(records, 'utf8'), records);
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return { entries: lines.map(parseEntry), readings };
}
