/** `nats-bridge topology`: the streams and consumers the configuration implies, on the server. */
import { NatsBridge, topologyOf } from '@nats-bridge/connector';
import { applyTopology, describeConflict, type TopologyChange } from '@nats-bridge/messaging';
import { Command } from 'commander';
import { readSettings, withConfigOption } from '../settings.js';
import { mark, table } from '../terminal.js';

type Options = { config?: string; nats?: string; json?: boolean };

export function topologyCommand(): Command {
  const show = subcommand('show', 'what would be made or changed; changes nothing', true);
  const apply = subcommand(
    'apply',
    'make streams and consumers, or bring them up to date; never deletes',
    false,
  );
  return new Command('topology')
    .summary('show or make streams and consumers')
    .addCommand(show)
    .addCommand(apply);
}

function subcommand(name: string, summary: string, dryRun: boolean): Command {
  return withConfigOption(new Command(name))
    .summary(summary)
    .description(summary)
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const { bridge: config } = readSettings(options);
      const bridge = new NatsBridge(config);
      try {
        const changes = await applyTopology(bridge.connection, topologyOf(config), { dryRun });
        if (options.json) console.log(JSON.stringify(changes));
        else print(changes);
        process.exitCode = changes.some(({ action }) => action === 'conflict') ? 1 : 0;
      } finally {
        await bridge.close();
      }
    });
}

function print(changes: readonly TopologyChange[]): void {
  const rows = changes.map((change) => [change.kind, change.name, change.action, detailOf(change)]);
  console.log(table(['kind', 'name', 'action', 'detail'], rows));
  for (const conflict of changes.filter(({ action }) => action === 'conflict'))
    console.log(`${mark.failed()} ${describeConflict(conflict)}`);
}

function detailOf({ differences, notes }: TopologyChange): string {
  const fields = differences.map(
    ({ field, have, want }) => `${field}: ${JSON.stringify(have)} → ${JSON.stringify(want)}`,
  );
  return [...fields, ...notes].join('; ');
}
