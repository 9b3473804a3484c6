/** The nats-bridge command with all that stands below it. */
import { Command } from 'commander';
import { VERSION } from './version.js';

/** In the order in which they are shown. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'Run it:': {
    up: async () => (await import('./commands/up.js')).upCommand(),
    serve: async () => (await import('./commands/serve.js')).serveCommand(),
    worker: async () => (await import('./commands/worker.js')).workerCommand(),
  },
  'Write a worker:': {
    new: async () => (await import('./commands/new.js')).newCommand(),
    pay: async () => (await import('./commands/pay.js')).payCommand(),
    conformance: async () => (await import('./commands/conformance.js')).conformanceCommand(),
  },
  'See how it is:': {
    doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
    top: async () => (await import('./commands/top.js')).topCommand(),
    logs: async () => (await import('./commands/logs.js')).logsCommand(),
  },
  'Look into payments, and settle them:': {
    ledger: async () => (await import('./commands/ledger.js')).ledgerCommand(),
    dlq: async () => (await import('./commands/dlq.js')).dlqCommand(),
    reconcile: async () => (await import('./commands/reconcile.js')).reconcileCommand(),
    replay: async () => (await import('./commands/replay.js')).replayCommand(),
  },
  'Prove and keep:': {
    audit: async () => (await import('./commands/audit.js')).auditCommand(),
    backup: async () => (await import('./commands/backup.js')).backupCommand(),
    standby: async () => (await import('./commands/standby.js')).standbyCommand(),
  },
  'Set it up:': {
    config: async () => (await import('./commands/config.js')).configCommand(),
    topology: async () => (await import('./commands/topology.js')).topologyCommand(),
    auth: async () => (await import('./commands/auth.js')).authCommand(),
    keys: async () => (await import('./commands/keys.js')).keysCommand(),
  },
};

const NEEDS_NO_COMMAND = ['--version', '-V'];

/** @param asked the one command that is needed: to load all of them takes half as long again. Others: all of them */
export async function createProgram(asked = ''): Promise<Command> {
  const program = new Command('nats-bridge')
    .description('Hands payment operations from Hyperswitch to your own workers over NATS.')
    .version(VERSION)
    // Each command has its own options, and none of those above it.
    .enablePositionalOptions()
    .helpCommand('help [command...]', 'show the help of a command')
    .addHelpText(
      'after',
      '\nStart with nats-bridge up --demo. nats-bridge <command> --help shows the options of one.\nExit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; what else a command has, its help says.\n',
    );
  const isAlone =
    NEEDS_NO_COMMAND.includes(asked) ||
    Object.values(GROUPS).some((commands) => Object.hasOwn(commands, asked));
  for (const [heading, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const [name, load] of Object.entries(commands))
      if (!isAlone || name === asked) program.addCommand(await load());
  }
  return program;
}

/** @param names from the top, such as `dlq`, `list`; of one that there is not it says so, and ends as commander does */
export function commandNamed(program: Command, names: readonly string[]): Command {
  return names.reduce(
    (command, name) =>
      command.commands.find((child) => child.name() === name) ??
      command.error(`error: unknown command '${name}'`),
    program,
  );
}
