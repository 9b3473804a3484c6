/** `nats-bridge dlq approvals|approve|refuse`: what waits for a second person, and what he says. */
import { type DeadLetters, letterName, parseProposalId, shownProposal } from '@nats-bridge/connector';
import { type Command, InvalidArgumentError } from 'commander';
import { withActions, withLetters } from '../installation/with-letters.js';
import { actorOf, type By, byPerson } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { inUtc } from '../options/moment.js';
import { inOneRow, mark, table } from '../output/terminal.js';

export function approvalsCommand(): Command {
  return command('approvals', 'what waits for a second person; with an id, all that is known of one')
    .argument('[id]', 'such as a12', proposalNamed)
    .option('--all', 'the decided and expired ones too')
    .action((id: string | undefined, options: CommandOptions & { all?: boolean }) =>
      withLetters(options, async (letters) => {
        if (id !== undefined) return showOne(letters, id, options);
        const all = await letters.approvals.list();
        const found = options.all ? all : all.filter(({ state }) => state === 'waiting');
        if (options.json) return console.log(JSON.stringify(found.map(shownProposal)));
        if (found.length === 0) return console.log('Nothing waits for a second person.');
        console.log(
          table(
            ['id', 'state', 'action', 'letter', 'payment', 'by', 'until', 'why'],
            found.map(({ id, state, action, letter, paymentId, proposed, expiresAt }) => [
              id,
              state,
              action,
              letterName(letter),
              paymentId,
              proposed.who,
              inUtc(expiresAt),
              inOneRow(proposed.why),
            ]),
          ),
        );
      }),
    );
}

async function showOne({ approvals }: DeadLetters, id: string, options: CommandOptions): Promise<void> {
  const found = await approvals.get(id);
  if (found === undefined) throw new Error(`there is no proposal ${id}: it never was, or is too old`);
  const patch = await approvals.shownPatch(id);
  if (options.json) return console.log(JSON.stringify({ ...shownProposal(found), patch }));
  const { settled, decided, failure, proposed } = found;
  const rows = [
    ['state', found.state],
    ['action', `${found.action} of letter ${letterName(found.letter)}`],
    ['payment', `${found.paymentId} of ${found.merchantId}, ${found.operation}`],
    ['key', found.idempotencyKey],
    ['proposed', `${proposed.at.toISOString()} by ${proposed.who}: ${proposed.why}`],
    ['until', found.expiresAt.toISOString()],
    ...(settled
      ? [['outcome', [settled.status, settled.transactionId, settled.code].filter(Boolean).join(', ')]]
      : []),
    ...(patch === undefined ? [] : [['patch, masked', JSON.stringify(patch)]]),
    ...(decided ? [['decided', `${decided.at.toISOString()} by ${decided.who}: ${decided.why}`]] : []),
    ...(failure === undefined ? [] : [['failure', failure]]),
  ];
  console.log(table(['proposal', id], rows));
}

export function approveCommand(): Command {
  return byPerson(command('approve', 'agree to what somebody else proposed, and have it done'))
    .argument('<id>', 'as approvals names it', proposalNamed)
    .action((id: string, options: CommandOptions & By) =>
      withActions(options, async ({ approvals }) => {
        const done = await approvals.approve(id, actorOf(options));
        const text = `${mark.ok()} ${done.action} of ${letterName(done.letter)}, proposed by ${done.proposed.who}, was done`;
        console.log(options.json ? JSON.stringify(shownProposal(done)) : text);
      }),
    );
}

export function refuseCommand(): Command {
  return byPerson(command('refuse', 'refuse a proposal; whoever made it can take it back this way'))
    .argument('<id>', 'as approvals names it', proposalNamed)
    .action((id: string, options: CommandOptions & By) =>
      withActions(options, async ({ approvals }) => {
        const refused = await approvals.refuse(id, actorOf(options));
        const text = `${mark.ok()} ${refused.action} of ${letterName(refused.letter)} was refused`;
        console.log(options.json ? JSON.stringify(shownProposal(refused)) : text);
      }),
    );
}

/** @throws InvalidArgumentError before anybody is asked for it */
function proposalNamed(id: string): string {
  if (parseProposalId(id) === undefined)
    throw new InvalidArgumentError('it is no proposal; dlq approvals names them, for example a12');
  return id;
}
