/** Rule: a worker that is asked to stop finishes what it has in hand. Its process ends, so this is the last to be tried. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ALL_WORKERS, broken, type Finding, KEPT, notTried, type Rule } from '../rule.js';
import type { Asked, Stage } from '../stage.js';

const ENDS_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** From a server that has handed a request out to the worker that reads it. */
const TRAVELS_WITHIN_MS = 100;
/** An acknowledgement follows its answer at once; on a busy machine that takes a moment. */
const SETTLES_WITHIN_MS = 500;

export const drainsOnSigterm: Rule = {
  name: 'drains-on-sigterm',
  demands: 'on SIGTERM takes nothing new, answers what it has in hand, and ends',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: 'catch SIGTERM: stop answering on hyperswitch.workers.…, stop pulling, await the requests in hand, drain the connection, then exit',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage): Promise<Finding> {
    const { pid } = stage;
    if (pid === undefined) return notTried('name its process with --pid to have it stopped');
    if (!isRunning(pid)) return notTried(`there is no process ${pid} on this machine`);
    const before = stage.worker.kind === 'core' ? 0 : await leftInHand(stage);
    const calls = await Promise.all(Array.from({ length: stage.parallel }, () => stage.newCall()));
    const deadlineAt = Date.now() + ENDS_WITHIN_MS + stage.waitMs;
    const asked = await Promise.all(calls.map((call) => stage.send(call, { deadlineAt })));
    await Promise.race(asked.map((one) => one.until((heard) => heard[0], stage.waitMs)));
    await untilTaken(stage);
    process.kill(pid, 'SIGTERM');
    if (!(await ends(pid))) return broken(`process ${pid} still runs ${ENDS_WITHIN_MS} ms after SIGTERM`);
    return whatWasInHand(stage, asked, before);
  },
};

/**
 * What is under way to a worker at the moment it stops pulling is in nobody's hand, and comes back when `ack_wait` has
 * passed: a client's library decides whether it is still read, and the worker is not asked about that.
 */
async function untilTaken({ worker, wire, waitMs }: Stage): Promise<void> {
  const until = Date.now() + waitMs;
  while (worker.kind !== 'core' && (await wire.underWay()) > 0 && Date.now() < until)
    await sleep(LOOK_EVERY_MS);
  await sleep(TRAVELS_WITHIN_MS);
}

/** Whether the process is one that can be asked to stop from here. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ends(pid: number): Promise<boolean> {
  const until = Date.now() + ENDS_WITHIN_MS;
  while (isRunning(pid)) {
    if (Date.now() > until) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/**
 * What earlier rules sent may lie there still: who only responds cannot settle what is no request. What was answered
 * just now is about to be acknowledged, and does not count.
 */
async function leftInHand({ wire }: Stage): Promise<number> {
  let left = await wire.inHand();
  for (let seen = left + 1; left > 0 && left < seen; ) {
    await sleep(SETTLES_WITHIN_MS);
    seen = left;
    left = await wire.inHand();
  }
  return left;
}

async function whatWasInHand(stage: Stage, asked: readonly Asked[], before: number): Promise<Finding> {
  if (stage.worker.kind === 'core') {
    // Nothing keeps them: what was taken and not answered is lost.
    await Promise.all(asked.map((one) => one.until((heard) => heard[0], LOOK_EVERY_MS)));
    const lost = asked.filter(({ heard }) => heard.length === 0).length;
    return lost === 0 ? KEPT : broken(`${lost} of ${asked.length} requests were taken and never answered`);
  }
  // Others of its kind may work on, and have some in hand at any moment.
  const until = Date.now() + stage.waitMs;
  let inHand = (await stage.wire.inHand()) - before;
  while (inHand > 0 && Date.now() < until) {
    await sleep(LOOK_EVERY_MS);
    inHand = (await stage.wire.inHand()) - before;
  }
  return inHand <= 0
    ? KEPT
    : broken(`${inHand} requests were in its hand when it ended: they wait for ack_wait to pass`);
}
