/** `nats-bridge standby`: copies of the streams in another region, and that region in the place of the first. */
import {
  domainHere,
  isPrimaryThere,
  type Mirror,
  mirrorsOf,
  planTakeOver,
  readStandby,
  type Standby,
  type TakenOver,
  type TakeOverPlan,
  takeOver,
} from '@nats-bridge/connector';
import { applyTopology } from '@nats-bridge/messaging';
import { Command } from 'commander';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { assertDomain } from '../options/assert-domain.js';
import { byPersonWithYes, type Confirmation, confirmedBy } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { wholeNumber } from '../options/number-option.js';
import { asJson } from '../output/as-json.js';
import { mark, progress, table } from '../output/terminal.js';
import { TOOL } from '../version.js';
import { stepDownCommand } from './standby-step-down.js';
import { printChanges } from './topology.js';

type Bounds = { maxLag: number; maxSilence: number };

export function standbyCommand(): Command {
  return new Command('standby')
    .summary('copies of the streams in another region, and its take-over')
    .description(
      'Run against the NATS servers of a second region, which are joined to those of the first by a leaf node connection and have a JetStream domain of their own: docs/standby.md. With the configuration of the bridges there.',
    )
    .addCommand(apply())
    .addCommand(show())
    .addCommand(takeOverCommand())
    .addCommand(stepDownCommand());
}

function apply(): Command {
  return command('apply', 'make mirrors of the streams here, or bring them up to date; never deletes')
    .description(
      'Makes a mirror here of every stream that a backup holds, under its own name. Idempotent. Exit code 0: they are as they should be; 1: not so.',
    )
    .argument('<domain>', 'JetStream domain of the region that serves')
    .action(async (domain: string, options: CommandOptions) => {
      assertDomain(domain);
      await withBridge(readSettingsHere(options).bridge, async ({ config, connection }) => {
        if ((await domainHere(connection)) === domain)
          throw new Error(
            `the servers at ${connection.servers.join(', ')} are those of the domain ${domain} itself: name those of the other region with --nats or nats_bridge.base_url`,
          );
        if (!(await isPrimaryThere(connection, domain)))
          throw new Error(
            `no JetStream of a domain ${domain} answers here: is the leaf node connection up, and is that its domain? Nothing was changed`,
          );
        const served = (await readStandby({ config, connection })).own;
        if (served.length > 0)
          throw new Error(
            `${served.join(', ')} here are no mirrors, but of a region that serves, or did before region ${domain} took over from it: nats-bridge standby step-down ${domain} saves those, and puts mirrors in their place. Nothing was changed`,
          );
        const changes = await applyTopology(connection, mirrorsOf(config, domain));
        const { problems } = await readStandby({ config, connection });
        if (options.json) console.log(asJson({ changes, problems }));
        else {
          printChanges(changes);
          for (const problem of problems) console.log(`${mark.failed()} ${problem}`);
        }
        const isConflict = changes.some(({ action }) => action === 'conflict');
        process.exitCode = isConflict || problems.length > 0 ? 1 : 0;
      });
    });
}

function show(): Command {
  return command('show', 'how far the mirrors are behind')
    .description(
      'Says of each mirror how far it is behind, and when the region that serves was last heard. Exit code 0: a standby within the bounds; 1: not so.',
    )
    .option('--max-lag <n>', 'so many messages may be missing', wholeNumber, 1_000)
    .option('--max-silence <seconds>', 'so long ago may it have been heard last', wholeNumber, 30)
    .action(async (options: CommandOptions & Bounds) => {
      await withBridge(readSettingsHere(options).bridge, async (bridge) => {
        const { unfinished: _, own: __, ...standby } = await readStandby(bridge);
        const bounds = standby.mirrors.flatMap((mirror) => outOfBounds(mirror, options));
        const all = { ...standby, problems: [...standby.problems, ...bounds] };
        console.log(options.json ? asJson(all) : describeStandby(all).join('\n'));
        process.exitCode = all.problems.length > 0 ? 1 : 0;
      });
    });
}

function takeOverCommand(): Command {
  const named = command('take-over', 'serve here in the place of the region that is lost')
    .description(
      'Says whether this region may take over and what that means; with --yes it does so. The mirrors are saved as a backup, and restored in their own place as it would be: nothing is executed, what was open becomes an intervention. Bridges and workers here must be stopped, and the other region must be lost: two that serve charge twice. Exit code 0: it may take over, or did; 1: not so.',
    )
    .argument('<folder>', 'where the backup of the mirrors is put; made where it is missing')
    .option('--yes', 'do it (default: only say what would be done)')
    .option(
      '--primary-stopped',
      'the other region answers, and is to be left all the same: its bridges and workers are stopped, and none of them will start again',
    );
  return byPersonWithYes(named).action(
    async (folder: string, options: CommandOptions & Confirmation & { primaryStopped?: boolean }) => {
      const actor = confirmedBy(options);
      await withBridge(readSettingsHere(options).bridge, async (bridge) => {
        const plan = await planTakeOver(bridge, { folder, isPrimaryStopped: options.primaryStopped });
        const mayBe = plan.problems.length === 0;
        const taken =
          actor !== undefined && mayBe
            ? await takeOver(bridge, plan, {
                folder,
                tool: TOOL,
                actor,
                onSaved: ({ config, state }) => progress(`saved ${config.name}: ${state.messages} messages`),
                onRestored: ({ config }) => progress(`restored ${config.name}`),
              })
            : undefined;
        console.log(
          options.json
            ? asJson({ ...plan, taken: taken && summaryOf(taken) })
            : describeTakeOver(plan, taken).join('\n'),
        );
        process.exitCode = mayBe && (taken === undefined || taken.restored !== undefined) ? 0 : 1;
      });
    },
  );
}

function outOfBounds({ stream, lag, silentMs, error }: Mirror, { maxLag, maxSilence }: Bounds): string[] {
  const problems: string[] = [];
  if (lag > maxLag) problems.push(`${stream}: ${lag} messages are missing, and ${maxLag} may be`);
  if (silentMs === undefined)
    problems.push(`${stream}: the region that serves was not heard since these servers started`);
  else if (silentMs > maxSilence * 1_000)
    problems.push(
      `${stream}: the region that serves was last heard ${secondsOf(silentMs)} s ago, and ${maxSilence} may be`,
    );
  if (error !== undefined) problems.push(`${stream}: the server cannot go on copying: ${error}`);
  return problems;
}

function describeStandby({
  primary,
  mirrors,
  problems,
}: Pick<Standby, 'primary' | 'mirrors' | 'problems'>): string[] {
  const rows = mirrors.map(({ stream, messages, lag, silentMs, until }) => [
    stream,
    String(messages),
    silentMs === undefined ? 'unknown' : String(lag),
    silentMs === undefined ? 'not yet' : `${secondsOf(silentMs)} s ago`,
    until?.toISOString() ?? 'unknown',
  ]);
  return [
    ...(rows.length > 0 ? [table(['mirror', 'messages', 'missing', 'heard', 'complete until'], rows)] : []),
    ...problems.map((problem) => `${mark.failed()} ${problem}`),
    ...(problems.length === 0 ? [`${mark.ok()} a standby of region ${primary}`] : []),
  ];
}

function describeTakeOver(plan: TakeOverPlan, taken: TakenOver | undefined): string[] {
  const { primary, isPrimaryThere: isThere, until, mayRunUntil, problems, resumed } = plan;
  // Of mirrors that are half gone nothing can be said.
  const [shown = ''] = resumed
    ? [`An earlier take-over stopped half-way, and this goes on with what it saved: ${resumed.path}`]
    : describeStandby(plan);
  if (problems.length > 0) return [...describeStandby(plan), 'Nothing was changed.'];
  const since = until?.toISOString();
  if (taken?.restored !== undefined) {
    const { doubts, notes } = taken.restored;
    return [
      shown,
      ...notes.map((note) => `${mark.warning()} ${note}`),
      `${mark.ok()} this region has taken over; ${doubts.open} operations were open and are in doubt, ${doubts.interventions} of them are new interventions: nats-bridge dlq list --queue interventions`,
      `What the mirrors held is in ${taken.backup.path}.`,
      `Now start bridges and workers here, then nats-bridge doctor. Never those of region ${primary}, until its streams are copies of these (docs/standby.md).`,
    ];
  }
  if (taken !== undefined)
    return [
      shown,
      ...taken.plan.problems.map((problem) => `${mark.failed()} ${problem}`),
      `The mirrors are as they were; what they hold is in ${taken.backup.path} besides.`,
    ];
  return [
    shown,
    `${mark.ok()} it may take over, and this is what it means:`,
    `  What region ${primary} had answered until ${since} is known: a repeat gets its first answer.`,
    '  The work stream is made anew, without a request: nothing of the past is executed.',
    '  What was open, as far as any mirror tells, becomes an intervention: ask the processor.',
    `${mark.warning()} What came after ${since} may not be known: a repeat of it is a new request. Compare with the processor before you let merchants repeat.`,
    ...(mayRunUntil === undefined
      ? []
      : [
          `${mark.warning()} Until ${mayRunUntil.toISOString()} a worker that comes back in region ${primary} would execute what waited there, and a repeat here may have: let that time pass.`,
        ]),
    isThere
      ? `${mark.warning()} Region ${primary} answers. You say that nothing of it serves: where one of its bridges or workers runs on, payments are charged twice.`
      : `${mark.warning()} Region ${primary} does not answer here, and may serve all the same: see that its bridges and workers are stopped, and stay so. Otherwise payments are charged twice.`,
    'Nothing was changed: --yes --reason "…" does it.',
  ];
}

function summaryOf({ backup, plan, restored }: TakenOver) {
  return { backup: backup.path, problems: plan.problems, restored };
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1_000);
}
