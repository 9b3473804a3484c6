/** `nats-bridge audit`: what people did, and whether its record and that of payments are whole. */
import { writeFileSync } from 'node:fs';
import { exportRecords, readAudit, shownEntry } from '@nats-bridge/connector';
import { createSigner, newSigningSeed } from '@nats-bridge/messaging';
import { AUDIT_ACTIONS, type AuditEntry, inSnakeCase, isChainedEntry } from '@nats-bridge/protocol';
import { Command, Option } from 'commander';
import { readAudited } from '../installation/read-audited.js';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { inUtc } from '../options/moment.js';
import { mark, progress, table } from '../output/terminal.js';
import { verifyCommand } from './audit-verify.js';

export function auditCommand(): Command {
  return new Command('audit')
    .summary('what people did, and whether its record is whole')
    .description(
      'Every action of nats-bridge dlq and of the admin API is written into the stream AUDIT before it happens, as one chain, and in it a digest of every record of a payment: docs/audit.md.',
    )
    .addCommand(list())
    .addCommand(verifyCommand())
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

function exportEntries(): Command {
  return command('export', 'all entries, a line of JSON each')
    .requiredOption('--output <path>', 'where to; must not exist')
    .option('--records <path>', 'the records of payments too, to be compared without NATS; must not exist')
    .action(async (options: CommandOptions & { output: string; records?: string }) => {
      const { entries, readings } = await readAudited({
        ...options,
        chainOnly: options.records === undefined,
      });
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
  readings: Awaited<ReturnType<typeof readAudited>>['readings'],
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

function writeNew(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new Error(`${path} is there already: nothing is overwritten; choose another name`);
  }
}
