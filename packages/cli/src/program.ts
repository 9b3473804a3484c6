/** The nats-bridge command with all that stands below it. */
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { auditCommand } from './commands/audit.js';
import { authCommand } from './commands/auth.js';
import { backupCommand } from './commands/backup.js';
import { configCommand } from './commands/config.js';
import { conformanceCommand } from './commands/conformance.js';
import { dlqCommand } from './commands/dlq.js';
import { doctorCommand } from './commands/doctor.js';
import { keysCommand } from './commands/keys.js';
import { ledgerCommand } from './commands/ledger.js';
import { logsCommand } from './commands/logs.js';
import { newCommand } from './commands/new.js';
import { payCommand } from './commands/pay.js';
import { reconcileCommand } from './commands/reconcile.js';
import { replayCommand } from './commands/replay.js';
import { serveCommand } from './commands/serve.js';
import { topCommand } from './commands/top.js';
import { topologyCommand } from './commands/topology.js';
import { upCommand } from './commands/up.js';
import { workerCommand } from './commands/worker.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

export function createProgram(): Command {
  return (
    new Command('nats-bridge')
      .description('Hands payment operations from Hyperswitch to your own workers over NATS.')
      .version(version)
      // Each command has its own options, and none of those above it.
      .enablePositionalOptions()
      .commandsGroup('Run it:')
      .addCommand(upCommand())
      .addCommand(serveCommand())
      .addCommand(workerCommand())
      .commandsGroup('Write a worker:')
      .addCommand(newCommand())
      .addCommand(payCommand())
      .addCommand(conformanceCommand())
      .commandsGroup('See how it is:')
      .addCommand(doctorCommand())
      .addCommand(topCommand())
      .addCommand(logsCommand())
      .commandsGroup('Look into payments, and settle them:')
      .addCommand(ledgerCommand())
      .addCommand(dlqCommand())
      .addCommand(reconcileCommand())
      .addCommand(replayCommand())
      .commandsGroup('Prove and keep:')
      .addCommand(auditCommand())
      .addCommand(backupCommand())
      .commandsGroup('Set it up:')
      .addCommand(configCommand())
      .addCommand(topologyCommand())
      .addCommand(authCommand())
      .addCommand(keysCommand())
      .helpCommand('help [command]', 'show the help of a command')
      .addHelpText(
        'after',
        '\nStart with nats-bridge up --demo. nats-bridge <command> --help shows the options of one.\nExit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; what else a command has, its help says.\n',
      )
  );
}
