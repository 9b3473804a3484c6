/** A process of a scene as the runner sees it: asked over IPC, or, for nats-server, read from /proc. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answer, Question, RoleOptions, Usage } from './roles/role.js';

/** Of the kernel: USER_HZ, in which /proc counts CPU time. */
const TICKS_PER_SECOND = 100;

/** Of all roles, floors too: as the `nats-bridge` command runs. */
export const V8_FLAGS = [
  '--max-semi-space-size=32',
  '--no-allocation-site-pretenuring',
  '--retain-maps-for-n-gc=50',
];

export type Member = {
  readonly name: string;
  /** undefined where this system cannot say. */
  usage(): Promise<Usage | undefined>;
};

export type ForkedMember = Member & {
  readonly address: string | undefined;
  readonly tracesUrl: string | undefined;
  ask(question: Question): Promise<Answer>;
  /** MiB that a full collection leaves. */
  held(): Promise<number>;
  end(): Promise<void>;
};

/** @param profileDir where V8 leaves a CPU profile of the process, if anywhere */
export async function startMember(
  path: string,
  options: RoleOptions,
  profileDir: string | undefined,
): Promise<ForkedMember> {
  const profiling =
    profileDir === undefined
      ? []
      : [
          '--cpu-prof',
          `--cpu-prof-dir=${profileDir}`,
          `--cpu-prof-name=${path.replace('/', '-')}.cpuprofile`,
        ];
  const execArgv = [...V8_FLAGS, ...profiling];
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [path, JSON.stringify(options)], {
    execArgv,
    // A log is written, and nobody reads it; what goes wrong is said over IPC.
    stdio: ['ignore', 2, path.startsWith('whole_observed/') ? 'ignore' : 2, 'ipc'],
  });
  const ready = await nextAnswer(path, child);
  const ask = (question: Question) => {
    const answer = nextAnswer(path, child);
    child.send(question);
    return answer;
  };
  return {
    name: path.split('/')[1] ?? path,
    address: ready.answer === 'ready' ? ready.address : undefined,
    tracesUrl: ready.answer === 'ready' ? ready.tracesUrl : undefined,
    ask,
    async usage() {
      const answer = await ask({ ask: 'usage' });
      return answer.answer === 'usage' ? answer.usage : undefined;
    },
    async held() {
      const answer = await ask({ ask: 'held' });
      return answer.answer === 'held' ? answer.mib : Number.NaN;
    },
    async end() {
      const ended = once(child, 'exit');
      child.send({ ask: 'end' } satisfies Question);
      await ended;
    },
  };
}

async function nextAnswer(path: string, child: ChildProcess): Promise<Answer> {
  const ending = new AbortController();
  try {
    const [answer] = (await Promise.race([
      once(child, 'message', { signal: ending.signal }),
      once(child, 'exit', { signal: ending.signal }).then(() => {
        throw new Error(`${path} ended`);
      }),
    ])) as [Answer];
    if (answer.answer === 'failed') throw new Error(`${path} failed: ${answer.reason}`);
    return answer;
  } finally {
    ending.abort();
  }
}

export function natsServerMember(pid: number): Member {
  return { name: 'nats-server', usage: async () => procUsage(pid) };
}

/** Linux only. */
function procUsage(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
    return {
      cpuMs: (ticks * 1_000) / TICKS_PER_SECOND,
      rssMiB: mebibytes('VmRSS'),
      peakMiB: mebibytes('VmHWM'),
    };
  } catch {
    return undefined;
  }
}
