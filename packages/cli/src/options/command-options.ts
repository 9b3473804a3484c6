/** What every command has that asks a NATS server and shows what it says. */
import { Command } from 'commander';
import { type ServerOptions, withServerOptions } from '../installation/settings.js';

export type CommandOptions = ServerOptions & { readonly json?: boolean };

/** Its summary is its description too, until it has a longer one. */
export function command(name: string, summary: string): Command {
  return withServerOptions(new Command(name))
    .summary(summary)
    .description(summary)
    .option('--json', 'as JSON');
}
