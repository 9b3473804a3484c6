/** `nats-bridge standby step-down`: a region that comes back gives its old streams up to the one that serves. */
import { planStepDown, type StepDownPlan, type SteppedDown, stepDown } from '@nats-bridge/connector';
import type { Command } from 'commander';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { assertDomain } from '../options/assert-domain.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { asJson } from '../output/as-json.js';
import { mark, progress, table } from '../output/terminal.js';
import { TOOL } from '../version.js';

export function stepDownCommand(): Command {
  return command('step-down', 'become the standby of the region that has taken over from this one')
    .description(
      'For a region that comes back after another has taken over from it: its streams are old, and a bridge on them would charge what has been charged since. Says which they are, and what this region recorded and the other may not know; with --yes it saves them as a backup and puts mirrors of the other region in their place. Refuses unless the audit of the other region says that it took over from this one. Bridges and workers here must be stopped. Exit code 0: it may step down, or did; 1: not so.',
    )
    .argument('<domain>', 'JetStream domain of the region that has taken over')
    .argument('<folder>', 'where the backup of the old streams is put; made where it is missing')
    .option('--yes', 'do it (default: only say what would be done)')
    .action(async (domain: string, folder: string, options: CommandOptions & { yes?: boolean }) => {
      assertDomain(domain);
      await withBridge(readSettingsHere(options).bridge, async (bridge) => {
        const plan = await planStepDown(bridge, domain, folder);
        const mayBe = plan.problems.length === 0;
        const done =
          options.yes && mayBe
            ? await stepDown(bridge, plan, {
                folder,
                tool: TOOL,
                onSaved: ({ config, state }) => progress(`saved ${config.name}: ${state.messages} messages`),
              })
            : undefined;
        const shown = done && { backup: done.backup?.path, changes: done.changes };
        console.log(
          options.json ? asJson({ ...plan, done: shown }) : describeStepDown(plan, done).join('\n'),
        );
        const isConflict = done?.changes.some(({ action }) => action === 'conflict') ?? false;
        process.exitCode = mayBe && !isConflict ? 0 : 1;
      });
    });
}

const LEFT_OVER = '  An earlier try saved these streams, and stopped: what is left of them is deleted.';
/** So many are named, and the rest is in the JSON. */
const MOST_NAMED = 20;

function describeStepDown(plan: StepDownPlan, done: SteppedDown | undefined): string[] {
  const { successor, takenOverAt, until, stale, isSaved, unheard, problems } = plan;
  const streams = stale.map(({ stream, messages }) => [stream, String(messages)]);
  const shown = streams.length > 0 ? [table(['stream', 'messages'], streams)] : [];
  if (problems.length > 0)
    return [...shown, ...problems.map((problem) => `${mark.failed()} ${problem}`), 'Nothing was changed.'];
  const named = unheard
    .slice(0, MOST_NAMED)
    .map(
      ({ merchantId, idempotencyKey, state, at }) =>
        `  ${at.toISOString()} ${merchantId} ${idempotencyKey}: ${state}`,
    );
  const compare =
    unheard.length === 0
      ? []
      : [
          `${mark.warning()} recorded here after ${until?.toISOString()}, so region ${successor} may not know of it; ask the processor, and see nats-bridge ledger there:`,
          ...named,
          ...(unheard.length > MOST_NAMED
            ? [`  and ${unheard.length - MOST_NAMED} more: --json has all`]
            : []),
        ];
  if (done !== undefined)
    return [
      ...shown,
      ...compare,
      ...(done.backup
        ? [
            `What was here is saved in ${done.backup.path}, for looking into: nats-bridge backup restore refuses it.`,
          ]
        : []),
      `${mark.ok()} these servers copy region ${successor} now: nats-bridge standby show`,
    ];
  return [
    ...shown,
    `${mark.ok()} region ${successor} took over from this one at ${takenOverAt}; this one may step down:`,
    ...(stale.length === 0
      ? []
      : [isSaved ? LEFT_OVER : '  These streams are saved as a backup, and deleted.']),
    `  Mirrors of region ${successor} stand ${stale.length === 0 ? 'here' : 'in their place'}.`,
    ...compare,
    'Nothing was changed: --yes does it.',
  ];
}
