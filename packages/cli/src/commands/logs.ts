/** `nats-bridge logs`: what bridges and workers say, out of NATS; and how much of it a gateway says. */
import { readLog } from '@nats-bridge/connector';
import type { LogLevels } from '@nats-bridge/gateway/admin-types';
import { readableLine } from '@nats-bridge/logging';
import { LOG_LEVELS, LOG_MODULES, type LogEntry, type LogLevel, type LogModule } from '@nats-bridge/protocol';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { type AdminOptions, adminClient, withAdminOptions } from '../installation/admin-client.js';
import { readSettingsHere, withServerOptions } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import type { CommandOptions } from '../options/command-options.js';
import { moment } from '../options/moment.js';
import { paint, progress, table } from '../output/terminal.js';
import { untilSignal } from '../running/until-signal.js';

type Options = CommandOptions & {
  follow?: boolean;
  merchant?: string;
  payment?: string;
  attempt?: string;
  correlation?: string;
  level?: LogLevel;
  module?: LogModule;
  since: Date;
};

const SINCE = '15m';

/** Characters of a time that say the day. */
const DAY = 10;

export function logsCommand(): Command {
  return (
    withServerOptions(new Command('logs'))
      .summary('what bridges and workers say, out of NATS')
      .description('Prints the lines that the stream LOGS keeps, of every bridge and worker: docs/logs.md.')
      .option('-f, --follow', 'go on with what comes, until Ctrl-C')
      .option('--merchant <id>', 'about one merchant only')
      .option('--payment <id>', 'about one payment only')
      .option('--attempt <id>', 'about one attempt only')
      .option(
        '--correlation <id>',
        'about one call only, at the bridge and at the worker; its beginning is enough',
      )
      .addOption(new Option('--level <level>', 'this level and those above it').choices(LOG_LEVELS))
      .addOption(new Option('--module <module>', 'one module only').choices(LOG_MODULES))
      .addOption(
        new Option('--since <when>', 'a time (2026-11-24T10:00Z), or how long ago (30s, 15m, 6h, 2d)')
          .argParser(moment)
          .default(moment(SINCE), SINCE),
      )
      .option('--json', 'a line of JSON each')
      // What stands behind `level` is of `level`.
      .enablePositionalOptions()
      .action(logs)
      .addCommand(level())
  );
}

async function logs(options: Options): Promise<void> {
  const end = new AbortController();
  if (options.follow)
    untilSignal().then(
      () => end.abort(),
      () => {},
    );
  await withBridge(readSettingsHere(options).bridge, async ({ connection }) => {
    const lines = readLog(connection, {
      since: options.since,
      merchantId: options.merchant,
      paymentId: options.payment,
      attemptId: options.attempt,
      correlationId: options.correlation,
      level: options.level,
      module: options.module,
      ...(options.follow && { follow: end.signal }),
    });
    let count = 0;
    for await (const entry of lines) {
      if (end.signal.aborted) break;
      count++;
      console.log(options.json ? JSON.stringify(entry) : `${dayOf(entry)}${readableLine(entry, paint)}`);
    }
    if (count === 0 && !options.follow && !options.json)
      progress(`no such line since ${options.since.toISOString()}: --since looks further back`);
  });
}

/** Of a line that is not of today; times of day say enough of the others. */
function dayOf({ time }: LogEntry): string {
  const day = time.slice(0, DAY);
  return day === new Date().toISOString().slice(0, DAY) ? '' : `${paint('dim', day)} `;
}

function level(): Command {
  return withAdminOptions(new Command('level'))
    .summary('from which level on a gateway logs; shown, or changed while it runs')
    .description(
      'Without arguments: the levels of the gateway that is asked. With two: changes one, until that gateway ends; needs the role operator, and is written into the audit. Modules are those of --module, or all.',
    )
    .addArgument(new Argument('[module]', 'what the lines are about').choices([...LOG_MODULES, 'all']))
    .addArgument(new Argument('[level]', 'from which level on they are written').choices(LOG_LEVELS))
    .option('--reason <text>', 'why; it goes into the audit; needed to change one')
    .option('--json', 'as JSON')
    .action(
      async (
        module: LogModule | 'all' | undefined,
        level: LogLevel | undefined,
        options: AdminOptions & { reason?: string; json?: boolean },
      ) => {
        if (module !== undefined && level === undefined)
          throw new InvalidArgumentError(`say which level ${module} gets: ${LOG_LEVELS.join(', ')}`);
        const { reason } = options;
        if (level !== undefined && reason === undefined)
          throw new InvalidArgumentError('say why with --reason: it is written into the audit');
        const admin = adminClient(options);
        const answer =
          level === undefined
            ? await admin.get<LogLevels>('/log-levels')
            : await admin.put<LogLevels>('/log-levels', {
                level,
                reason,
                ...(module !== 'all' && { module }),
              });
        if (options.json) return console.log(JSON.stringify(answer));
        console.log(table(['module', 'level'], Object.entries(answer.levels)));
        console.log(paint('dim', `of ${answer.instance}`));
      },
    );
}
