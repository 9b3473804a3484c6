/** What a command has whose act is written into the audit: who acts and why. */
import { userInfo } from 'node:os';
import type { Actor } from '@nats-bridge/connector';
import { type Command, InvalidArgumentError, Option } from 'commander';

export type By = { readonly as: string; readonly reason: string };

/** For a command that always acts. */
export function byPerson(named: Command): Command {
  return named
    .requiredOption('--reason <text>', 'why; required, it goes into the audit')
    .addOption(whoOption());
}

type MayHaveReason = Partial<By> & Pick<By, 'as'>;
export type Confirmation = MayHaveReason & { readonly yes?: boolean };
export type MayBeDryRun = MayHaveReason & { readonly dryRun?: boolean };

/** For a command that acts with `--yes` alone. */
export function byPersonWithYes(named: Command): Command {
  return named
    .option('--reason <text>', 'why; required with --yes, it goes into the audit')
    .addOption(whoOption());
}

/** For a command that acts unless it is a dry run. */
export function byPersonUnlessDryRun(named: Command): Command {
  return named
    .option('--reason <text>', 'why; required without --dry-run, it goes into the audit')
    .addOption(whoOption());
}

/** @param when in which case it is needed, such as `with --to: ` */
export function whoOption(when = ''): Option {
  return new Option('--as <who>', `${when}who; it goes into the audit`).default(
    userInfo().username,
    'the name of the user of this system',
  );
}

export function actorOf({ as, reason }: By): Actor {
  return { who: as, why: reason };
}

/** @returns undefined for a dry run. @throws InvalidArgumentError otherwise, without a reason */
export function actorUnlessDryRun({ dryRun, as, reason }: MayBeDryRun): Actor | undefined {
  if (dryRun) return undefined;
  if (reason === undefined)
    throw new InvalidArgumentError('--reason is missing: it goes into the audit; --dry-run needs none');
  return actorOf({ as, reason });
}

/** @returns undefined without `--yes`. @throws InvalidArgumentError with it, and without a reason */
export function confirmedBy({ yes, as, reason }: Confirmation): Actor | undefined {
  if (!yes) return undefined;
  if (reason === undefined) throw new InvalidArgumentError('--yes needs --reason: it goes into the audit');
  return actorOf({ as, reason });
}
