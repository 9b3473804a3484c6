/** A rule of the checker: looks at all that is known of one key, and says of each thing it applies to whether it is kept. */
import { type Call, type Case, type Effect, type Meaning, meaningOf } from '../evidence.js';

export type Judged = {
  /** A call, the key or an effect; a rule that does not apply to it does not name it. */
  readonly subject: string;
  /** How it is broken; undefined: it is kept. */
  readonly why: string | undefined;
};

export type Rule = (the: Case) => Iterable<Judged>;

/** Judges the calls of which it is asked to judge. */
export function eachCall(
  applies: (meaning: Meaning, call: Call, the: Case) => boolean,
  find: (call: Call, the: Case) => string | undefined,
): Rule {
  return (the) =>
    the.calls
      .filter((call) => applies(meaningOf(call.ended, call.succeedsAs), call, the))
      .map((call) => ({ subject: `call ${call.traceId}`, why: find(call, the) }));
}

/** Judges the key as a whole, where the rule applies to it. */
export function eachKey(applies: (the: Case) => boolean, find: (the: Case) => string | undefined): Rule {
  return (the) => (applies(the) ? [{ subject: 'key', why: find(the) }] : []);
}

/** The caller does not know how it ended. */
export const inDoubt = (meaning: Meaning) => meaning === 'pending' || meaning === 'error';

/** Nobody knows of it, and nothing happened: a call that ended in an error and never came to the ledger. */
export function wasNeverAccepted({ ledger, effects, hasLetter }: Case): boolean {
  return ledger === undefined && effects.length === 0 && !hasLetter;
}

/** A capture or void that did not happen leaves the payment as it was; anything else that did not happen is failed. */
export function saysNotDone(status: string, meaning: Meaning, { operation }: Call): boolean {
  if (operation === 'capture' || operation === 'void') return status === 'AUTHORIZED';
  return meaning === 'failed' || meaning === 'decline';
}

/** Said of the call alone: it was turned away at the door, whatever becomes of another call of its key beside it. */
const AT_THE_DOOR = new Set([
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'RATE_LIMITED',
  'STORE_REFUSED',
  'SHUTTING_DOWN',
  'NATS_UNREACHABLE',
  // As a failure: its time was over before anything could be sent. What was sent and not answered is pending.
  'NATS_TIMEOUT',
]);
/** Who hears `NO_WORKERS_AVAILABLE` sooner found nobody there; what is withdrawn has waited for its time, which is longer. */
const AT_ONCE_MS = 1_000;
/** A bridge that is cut off knows nothing of earlier calls either. */
const CUT_OFF = new Set(['NATS_UNREACHABLE']);

/**
 * What was carried out that makes this call's "failed" a falsehood: for its own request, or for a call that it should
 * have known of. Who hears "failed" and asks again wants it: an effect of a later call is no fault of this one,
 * whenever it happened. An effect of no known call counts against all.
 */
export function effectsAgainst(call: Call, { calls, effects }: Case): readonly Effect[] {
  const { traceId, at, endedAt } = call;
  return effects.filter((effect) => {
    const owner = calls.find((other) => other.traceId === effect.traceId);
    if (owner === undefined || owner.traceId === traceId) return true;
    if (owner.endedAt <= at) return !CUT_OFF.has(codeOf(call));
    return owner.at < endedAt && !wasTurnedAway(call);
  });
}

function wasTurnedAway(call: Call): boolean {
  const code = codeOf(call);
  const isAtOnce = call.endedAt - call.at < AT_ONCE_MS;
  return AT_THE_DOOR.has(code) || (code === 'NO_WORKERS_AVAILABLE' && isAtOnce);
}

function codeOf({ ended }: Call): string {
  return (ended.kind === 'answered' && ended.bridgeCode) || '';
}
