/**
 * What the simulation has found wrong in the product and nobody has mended yet: let pass, as narrowly as it can be told,
 * and counted. Who mends one sets it to false, and the seeds say whether it is.
 */
import type { World } from '../world.js';
import type { Excuse } from './recordless.js';

const LET_PASS = {
  /** Published to `X-Reply-To`, it has no fingerprint: a worker that keeps records repeats it to whoever sends its key. */
  'an answer repeated without its content': true,
  /** Where all keep records when it is sent, it is sent again past the duplicate window, and a worker without runs both. */
  'a second message': true,
  /** By a worker without records, of what was sent while all kept some: it died, or no bridge could write it down. */
  'an effect without a record': true,
  /** The same, given to a worker that keeps records afterwards: nothing says that it is not the first attempt, or that it began. */
  'a redelivery without a record': true,
  /** What was withdrawn is taken out of the stream, but where its bridge does not hear that it is: one without runs it. */
  'left in the stream once withdrawn': true,
  /** By the bridge that announced it, and could not send it; another had sent it without a word. */
  'withdrawn though another bridge sent it': true,
};

export type NotMended = keyof typeof LET_PASS;

/** Whether it excuses; then it is counted. */
export function excuses(world: World, excuse: Excuse | undefined): boolean {
  if (excuse === undefined) return false;
  if (excuse.kind === 'not mended') return isLetPass(world, excuse.what);
  world.count(`allowed: ${excuse.what}`);
  return true;
}

export function isLetPass(world: World, found: NotMended): boolean {
  if (LET_PASS[found]) world.count(`not mended: ${found}`);
  return LET_PASS[found];
}
