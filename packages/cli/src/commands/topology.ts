/** `nats-bridge topology`: the streams and consumers the configuration implies, on the server. */
import { topologyOf } from '@nats-bridge/connector';
import { applyTopology, describeConflict, type TopologyChange } from '@nats-bridge/messaging';
import { Command } from 'commander';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { plural } from '../output/numbers.js';
import { mark, table } from '../output/terminal.js';

export function topologyCommand(): Command {
  const show = subcommand('show', 'what would be made or changed; changes nothing', true);
  const apply = subcommand(
    'apply',
    'make streams and consumers, or bring them up to date; never deletes',
    false,
  );
  return new Command('topology')
    .summary('show or make streams and consumers')
    .description(
      'Compares the streams and consumers that a configuration asks for with those on the server, and brings them up to date; deletes and shrinks nothing.',
    )
    .addCommand(show)
    .addCommand(apply);
}

function subcommand(name: string, summary: string, dryRun: boolean): Command {
  return command(name, summary).action((options: CommandOptions) =>
    withBridge(readSettingsHere(options).bridge, async ({ config, connection }) => {
      const changes = await applyTopology(connection, topologyOf(config), { dryRun });
      if (options.json) console.log(JSON.stringify(changes));
      else printChanges(changes, dryRun ? WOULD_BE : DONE);
      process.exitCode = changes.some(({ action }) => action === 'conflict') ? 1 : 0;
    }),
  );
}

type Words = Readonly<Record<TopologyChange['action'], string>>;

const DONE: Words = { created: 'made', updated: 'changed', unchanged: 'as it was', conflict: 'conflict' };
const WOULD_BE: Words = { ...DONE, created: 'would be made', updated: 'would be changed' };

/** What is as configured is only counted: there are more than forty consumers. */
export function printChanges(changes: readonly TopologyChange[], words = DONE): void {
  const isAsConfigured = ({ action, notes }: TopologyChange) => action === 'unchanged' && notes.length === 0;
  const rows = changes
    .filter((change) => !isAsConfigured(change))
    .map((change) => [change.kind, change.name, words[change.action], detailOf(change, words)]);
  if (rows.length > 0) console.log(table(['kind', 'name', 'action', 'detail'], rows));
  const counts = (['stream', 'bucket', 'consumer'] as const)
    .map((kind) => ({
      kind,
      count: changes.filter((one) => one.kind === kind && isAsConfigured(one)).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => plural(count, kind));
  if (counts.length > 0) console.log(`${mark.ok()} as configured: ${counts.join(', ')}`);
  for (const conflict of changes.filter(({ action }) => action === 'conflict'))
    console.log(`${mark.failed()} ${describeConflict(conflict)}`);
}

function detailOf({ differences, notes }: TopologyChange, words: Words): string {
  const fields = differences.map(
    ({ field, have, want }) =>
      `${field}: ${JSON.stringify(have)} → ${JSON.stringify(want)}${words === WOULD_BE && field === 'num_replicas' ? ', or as many as there are servers' : ''}`,
  );
  return [...fields, ...notes].join('; ');
}
