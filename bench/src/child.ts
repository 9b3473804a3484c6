/** The entry of every process the runner starts: plays one role and answers the runner's questions. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { roleOf } from './cases.js';
import { runLoad } from './load.js';
import type { Answer, Question, RoleOptions, Sender } from './roles/role.js';

const [path = '', options = '{}'] = process.argv.slice(2);
let sender: Sender | undefined;

process.on('message', (question: Question) => {
  reply(question).then(say, (error: unknown) => say({ answer: 'failed', reason: describe(error) }));
});
process.on('disconnect', () => process.exit());

async function reply(question: Question): Promise<Answer> {
  if (question.ask === 'end') process.exit();
  if (question.ask === 'usage') {
    const { user, system } = process.cpuUsage();
    const usage = {
      cpuMs: (user + system) / 1_000,
      rssMiB: process.memoryUsage.rss() / 1_048_576,
      peakMiB: process.resourceUsage().maxRSS / 1_024,
    };
    return { answer: 'usage', usage };
  }
  if (question.ask === 'held') return { answer: 'held', mib: heldBytes() / 1_048_576 };
  if (sender === undefined) throw new Error(`${path} is no load generator`);
  return { answer: 'load', result: await runLoad(question.load, sender.sendOf(question.size)) };
}

/** What a full collection leaves, of objects and of buffers. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function say(answer: Answer): void {
  process.send?.(answer);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const role = roleOf(path);
  const roleOptions = JSON.parse(options) as RoleOptions;
  if (role.kind === 'sender') {
    sender = await role.start(roleOptions);
    say({ answer: 'ready' });
  } else {
    say({ answer: 'ready', ...(await role.start(roleOptions)) });
  }
} catch (error) {
  say({ answer: 'failed', reason: describe(error) });
}
