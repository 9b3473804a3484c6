/** `nats-bridge backup`: the bridge's streams into files, and back without executing anything twice. */
import {
  type BackupManifest,
  type BackupReport,
  createBackup,
  listBackups,
  planRestore,
  type Restored,
  type RestorePlan,
  removeOldest,
  restoreBackup,
  type StreamInBackup,
  verifyBackup,
} from '@nats-bridge/connector';
import { Command } from 'commander';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { byPersonWithYes, type Confirmation, confirmedBy } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { wholeNumber } from '../options/number-option.js';
import { asJson } from '../output/as-json.js';
import { bytes as inUnits, plural } from '../output/numbers.js';
import { mark, progress, table } from '../output/terminal.js';
import { TOOL } from '../version.js';

export function backupCommand(): Command {
  return new Command('backup')
    .summary('save the streams into files, and bring them back')
    .description(
      'Saves what the bridge knows of payments into files, while payments go on, and brings it back after a loss without executing anything again: docs/backup.md. No role of nats-bridge auth may; the owner of its keys may.',
    )
    .addCommand(create())
    .addCommand(list())
    .addCommand(verify())
    .addCommand(restore());
}

function create(): Command {
  return command('create', 'save the streams into a new folder below this one')
    .description(
      'Saves the streams into a new folder below this one, named after the time. Payments go on. Files can be read by their owner alone; without sealing they hold card data. What does not become whole is taken away again.',
    )
    .argument('<folder>', 'where backups lie; made where it is missing')
    .option('--keep <n>', 'then delete the oldest, until so many are left (default: all)', wholeNumber)
    .action(async (folder: string, options: CommandOptions & { keep?: number }) => {
      const { path, manifest, notes } = await withBridge(readSettingsHere(options).bridge, (bridge) =>
        createBackup(bridge, {
          folder,
          tool: TOOL,
          onSaved: (stream) => progress(`saved ${describe(stream)}`),
        }),
      );
      const removed = options.keep === undefined ? [] : await removeOldest(folder, options.keep);
      if (options.json) return console.log(asJson({ path, removed, notes, ...manifest }));
      console.log(`${mark.ok()} ${path}: ${totalOf(manifest)}`);
      for (const note of notes) console.log(`${mark.warning()} ${note}`);
      if (!manifest.isSealed)
        console.log(`${mark.warning()} bodies are not sealed: whoever reads these files reads card data`);
      if (removed.length > 0) console.log(`deleted: ${removed.join(', ')}`);
    });
}

function list(): Command {
  return new Command('list')
    .summary('the backups in a folder, oldest first')
    .description('Lists the backups in a folder, oldest first. Needs no server.')
    .argument('<folder>', 'where backups lie')
    .option('--json', 'as JSON')
    .action(async (folder: string, options: { json?: boolean }) => {
      const backups = await listBackups(folder);
      if (options.json) return console.log(asJson(backups));
      if (backups.length === 0) return console.log(`No backups in ${folder}.`);
      console.log(
        table(
          ['backup', 'messages', 'bytes', 'sealed', 'server'],
          backups.map((entry) =>
            'why' in entry
              ? [entry.name, entry.why]
              : [
                  entry.name,
                  String(messagesIn(entry.manifest)),
                  String(bytesIn(entry.manifest)),
                  entry.manifest.isSealed ? 'yes' : 'no',
                  entry.manifest.server.version,
                ],
          ),
        ),
      );
    });
}

function verify(): Command {
  return new Command('verify')
    .summary('whether the files of a backup are as they were written, and what it holds')
    .description(
      'Compares the files of a backup with the sizes and hashes in its manifest, and says what it holds. Needs no server. Exit code 0: it is whole; 1: not so.',
    )
    .argument('<backup>', 'folder of one backup')
    .option('--json', 'as JSON')
    .action(async (path: string, options: { json?: boolean }) => {
      const report = await verifyBackup(path);
      console.log(options.json ? asJson(report) : describeReport(report));
      process.exitCode = report.ok ? 0 : 1;
    });
}

function restore(): Command {
  const named = command('restore', 'bring the streams of a backup back into a server that has none')
    .description(
      'Says what a restore would do, and whether it may; with --yes it does it. Streams must be missing, empty or of a restore that stopped, every bridge and worker stopped. Nothing of the backup is executed: what was open becomes an intervention. Exit code 0: it may be restored, or was; 1: not so.',
    )
    .argument('<backup>', 'folder of one backup')
    .option('--yes', 'do it (default: only say what would be done)');
  return byPersonWithYes(named).action(async (path: string, options: CommandOptions & Confirmation) => {
    const actor = confirmedBy(options);
    await withBridge(readSettingsHere(options).bridge, async (bridge) => {
      const plan = await planRestore(bridge, path);
      const mayBe = plan.problems.length === 0;
      const restored =
        actor !== undefined && mayBe
          ? await restoreBackup(bridge, plan, {
              actor,
              onRestored: (stream) => progress(`restored ${describe(stream)}`),
            })
          : undefined;
      console.log(options.json ? asJson({ ...plan, restored }) : describeRestore(plan, restored).join('\n'));
      process.exitCode = mayBe ? 0 : 1;
    });
  });
}

function describeReport({ path, manifest, ok, problems }: BackupReport): string {
  const { begunAt, endedAt, tool, server, isSealed, workStream, leftOut } = manifest;
  return [
    `${manifest.id}, from ${begunAt} to ${endedAt}, by ${tool} of nats-server ${server.version}, ${isSealed ? 'sealed' : 'not sealed'}`,
    streamTable(manifest.streams),
    `left out: ${leftOut.map(({ stream, why }) => `${stream} (${why})`).join('; ')}`,
    `${workStream.config.name} was at sequence ${workStream.lastSeq}`,
    ...problems.map(({ stream, why }) => `${mark.failed()} ${stream}: ${why}`),
    `${ok ? mark.ok() : mark.failed()} ${path}: ${totalOf(manifest)}`,
  ].join('\n');
}

function streamTable(streams: readonly StreamInBackup[]): string {
  return table(
    ['stream', 'messages', 'sequences', 'bytes'],
    streams.map(({ config, state, bytes }) => [
      config.name,
      String(state.messages),
      `${state.first_seq} to ${state.last_seq}`,
      String(bytes),
    ]),
  );
}

function describeRestore(
  { path, manifest, isUnfinished, replaced, problems }: RestorePlan,
  restored: Restored | undefined,
): string[] {
  const { begunAt, workStream } = manifest;
  const lines = [`${path}: payments as they were at ${begunAt}`, streamTable(manifest.streams)];
  if (problems.length > 0)
    return [...lines, ...problems.map((problem) => `${mark.failed()} ${problem}`), 'Nothing was changed.'];
  if (restored !== undefined)
    return [
      ...lines,
      ...restored.notes.map((note) => `${mark.warning()} ${note}`),
      `${mark.ok()} restored; ${restored.doubts.open} operations were open and are in doubt, ${restored.doubts.interventions} of them are new interventions: nats-bridge dlq list --queue interventions`,
      'Now start bridges and workers, then nats-bridge doctor.',
    ];
  return [
    ...lines,
    ...(replaced.length > 0 ? [`deleted before, ${whyReplaced(isUnfinished)}: ${replaced.join(', ')}`] : []),
    `${mark.ok()} it may be restored, and this is what it means:`,
    `  What was answered until ${begunAt} is known again: a repeat gets its first answer.`,
    `  ${workStream.config.name} is made anew, without a request: nothing of the past is executed.`,
    '  What was open then becomes an intervention: it may have been carried out since; ask the processor.',
    `${mark.warning()} What came after ${begunAt} may not be known any more: a repeat of it is a new request. Compare with the processor before you let merchants repeat.`,
    'Nothing was changed: --yes --reason "…" does it.',
  ];
}

function whyReplaced(isUnfinished: boolean): string {
  return isUnfinished ? 'because a restore of them stopped half-way' : 'because they are empty';
}

function describe({ config, state, bytes }: StreamInBackup): string {
  return `${config.name}: ${plural(state.messages, 'message')}, ${inUnits(bytes)}`;
}

function totalOf(manifest: BackupManifest): string {
  return `${plural(messagesIn(manifest), 'message')} of ${plural(manifest.streams.length, 'stream')}, ${inUnits(bytesIn(manifest))}`;
}

function messagesIn({ streams }: BackupManifest): number {
  return streams.reduce((sum, { state }) => sum + state.messages, 0);
}

function bytesIn({ streams }: BackupManifest): number {
  return streams.reduce((sum, { bytes }) => sum + bytes, 0);
}
