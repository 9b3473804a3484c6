/** A request as the guard is given it, on a clock of the test's own. */
import type { GuardedRequest } from '../guard/guarded-run.js';

/** Delivered for the first time; its deadline is 99 s after the beginning of the clock. */
export const FIRST_DELIVERY: GuardedRequest = {
  subject: 's',
  delivery: {
    correlationId: 'c',
    fingerprint: 'f',
    retry: 0,
    deadlineAt: 99_000,
    isRedelivered: false,
    worker: 'w',
  },
  about: {},
};
