#!/usr/bin/env node
/** The nats-bridge command. Exit codes: 0 done, 1 it did not work, 2 it was asked for wrongly. */
import { createRequire } from 'node:module';
import { ConfigError } from '@nats-bridge/connector';
import { Command, InvalidArgumentError } from 'commander';
import { auditCommand } from './commands/audit.js';
import { authCommand } from './commands/auth.js';
import { configCommand } from './commands/config.js';
import { conformanceCommand } from './commands/conformance.js';
import { dlqCommand } from './commands/dlq.js';
import { doctorCommand } from './commands/doctor.js';
import { keysCommand } from './commands/keys.js';
import { ledgerCommand } from './commands/ledger.js';
import { logsCommand } from './commands/logs.js';
import { newCommand } from './commands/new.js';
import { payCommand } from './commands/pay.js';
import { serveCommand } from './commands/serve.js';
import { topCommand } from './commands/top.js';
import { topologyCommand } from './commands/topology.js';
import { upCommand } from './commands/up.js';
import { workerCommand } from './commands/worker.js';
import { mark } from './terminal.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const program = new Command('nats-bridge')
  .description('Hands payment operations from Hyperswitch to your own workers over NATS.')
  .version(version)
  // Each command has its own options, and none of those above it.
  .enablePositionalOptions()
  .addCommand(upCommand())
  .addCommand(serveCommand())
  .addCommand(workerCommand())
  .addCommand(newCommand())
  .addCommand(conformanceCommand())
  .addCommand(payCommand())
  .addCommand(ledgerCommand())
  .addCommand(keysCommand())
  .addCommand(dlqCommand())
  .addCommand(topCommand())
  .addCommand(logsCommand())
  .addCommand(auditCommand())
  .addCommand(topologyCommand())
  .addCommand(authCommand())
  .addCommand(configCommand())
  .addCommand(doctorCommand());
exitAsPromised(program);

try {
  await program.parseAsync();
} catch (error) {
  const lines = error instanceof Error ? error.message : String(error);
  for (const line of lines.split('\n')) process.stderr.write(`${mark.failed()} ${line}\n`);
  // What commander cannot see, such as two options that exclude each other, an action refuses in commander's words.
  process.exitCode = error instanceof ConfigError || error instanceof InvalidArgumentError ? 2 : 1;
}

/** A command that is added takes nothing over from its parent, so each is told. */
function exitAsPromised(command: Command): void {
  command
    .showHelpAfterError('(nats-bridge --help shows what there is)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const child of command.commands) exitAsPromised(child);
}
