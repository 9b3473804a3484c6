/** How the command is refused, and helps: with what it ends, and what it says. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runHere } from './testing/run-here.js';

const THIS_FILE = fileURLToPath(import.meta.url);
/** Who connects before it looks at what it is asked for fails otherwise. */
const NOWHERE = 'nats://127.0.0.1:1';

describe('help', () => {
  it.each([
    [[]],
    [['top']],
    [['logs']],
    [['up']],
    [['serve']],
    [['worker']],
    [['pay']],
    [['topology']],
    [['config']],
    [['doctor']],
  ])('nats-bridge %j --help ends with 0', async (command) => {
    const { code, stdout } = await runHere([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: nats-bridge ${command.join(' ')}`.trim());
  });

  it.each([
    [[], 'Usage: nats-bridge [options] [command]'],
    [['dlq'], 'Usage: nats-bridge dlq [options] [command]'],
    [['dlq', 'list'], 'Usage: nats-bridge dlq list [options]'],
  ])('%j shows the help of that one', async (names, usage) => {
    const { code, stdout } = await runHere(['help', ...names]);
    expect([code, stdout.split('\n')[0]]).toEqual([0, usage]);
  });

  it.each([
    [['bogus'], "✗ unknown command 'bogus'\n  nats-bridge --help shows what there is\n"],
    [['dlq', 'bogus'], "✗ unknown command 'bogus'\n  nats-bridge dlq --help shows what there is\n"],
  ])('%j says that there is none', async (names, stderr) => {
    expect(await runHere(['help', ...names])).toEqual({ code: 2, stdout: '', stderr });
  });
});

describe('what is asked for wrongly', () => {
  it.each([
    [['launch'], "unknown command 'launch'"],
    [['pay', '--amont', '5'], "unknown option '--amont'"],
    [['pay', '--amount', '5.00'], 'must be a whole number in the minor unit'],
    [['pay', '--amount', '5.00'], 'nats-bridge pay --help'],
    [['pay', '--card', '42'], 'must have 12 to 19 digits'],
    [['pay', '--amount', '0'], 'must be above 0'],
    [['pay', '--amount', '9007199254740992'], 'must be at most 9007199254740991'],
    [['pay', '--currency', 'ZZZ'], 'must be a code of ISO 4217'],
    [['pay', '--currency', 'EURO'], 'must be a code of ISO 4217'],
    [['pay', '--ca', '/nowhere'], '--ca /nowhere: cannot be read'],
    [['pay', '--capture', 'manuel'], 'Allowed choices are automatic, manual'],
    [['dlq', 'lst'], "unknown command 'lst'; did you mean list?"],
    [
      ['ledger', 'merchant_1', 'pay_1'],
      "argument '<key>' 'pay_1' is invalid: a key begins with its operation, such as authorize:att_1",
    ],
    [['dlq', 'retry', '--reason', 'x'], 'name letters or give a filter'],
    [['dlq', 'retry', 'd1'], '--reason is missing: it goes into the audit; --dry-run needs none'],
    [['dlq', 'retry', 'd1', 'd2', '--force-unknown', '--reason', 'x'], 'for one letter'],
    [['dlq', 'resolve', 'i1', '--status', 'success', '--reason', 'x'], '--transaction-id'],
    [['dlq', 'show', 'x9', '--nats', NOWHERE], "argument '<letter>' 'x9' is invalid: it is no letter"],
    [
      ['dlq', 'discard', 'd1', 'pay_1', '--reason', 'x', '--nats', NOWHERE],
      "'pay_1' is invalid: it is no letter",
    ],
    [['dlq', 'retry', 'd1', 'pay_1', '--dry-run', '--nats', NOWHERE], "'pay_1' is invalid: it is no letter"],
    [['dlq', 'approve', 'd1', '--reason', 'x', '--nats', NOWHERE], "'d1' is invalid: it is no proposal"],
    [['dlq', 'approvals', '12', '--nats', NOWHERE], "'12' is invalid: it is no proposal"],
    [['dlq', 'edit', 'd1', '--patch', THIS_FILE, '--reason', 'x'], 'is no JSON: give a merge patch'],
    [['replay', '--to', 'analytics', '--nats', NOWHERE], '--to needs a --reason'],
    [['replay', '--reason', 'x', '--nats', NOWHERE], 'go with --to'],
    [['replay', '--rate', '5', '--nats', NOWHERE], 'go with --to'],
    [['replay', '--as', 'jo', '--nats', NOWHERE], 'go with --to'],
    [['replay', '--outcome', 'lost'], 'Allowed choices are success'],
    [
      ['reconcile', '--since', '1h', '--until', '2h', '--reason', 'x', '--nats', NOWHERE],
      '--since is not before --until',
    ],
    [
      ['reconcile', '--operation', 'autorize', '--reason', 'x', '--nats', NOWHERE],
      'no operation of the catalogue',
    ],
    [
      ['reconcile', '--operation', 'sync', '--reason', 'x', '--nats', NOWHERE],
      '--operation sync moves no money, and is not reconciled',
    ],
    [['reconcile', '--csv', '--json', '--reason', 'x', '--nats', NOWHERE], '--csv or --json, not both'],
    [['reconcile', '--rate', '0', '--reason', 'x', '--nats', NOWHERE], 'a number above 0'],
    [['reconcile', '--since', 'yesterday', '--reason', 'x', '--nats', NOWHERE], 'a time such as'],
    [['logs', 'level', 'worker'], 'say which level'],
    [['logs', 'level', 'worker', 'debug'], '--reason'],
  ])('nats-bridge %j ends with 2 and says why', async (args, why) => {
    const { code, stderr } = await runHere(args);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });

  it.each([
    [['--weight', '17'], 'must be a whole number from 1 to 16'],
    [['--weight', '0'], 'must be a whole number from 1 to 16'],
    [['--weight', '5', '--concurrency', '3'], '--weight 5 is above --concurrency 3'],
    [['--priority', '10'], 'must be a whole number from 0 to 9'],
  ])('nats-bridge worker sandbox %j is refused with 2, before it connects', async (args, why) => {
    const { code, stderr } = await runHere(['worker', 'sandbox', ...args, '--nats', NOWHERE]);
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  });
});
