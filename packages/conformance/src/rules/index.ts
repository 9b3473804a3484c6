/** The rules, in the order in which they are tried. */
import type { Rule } from '../rule.js';
import { acknowledgesLast } from './acknowledges-last.js';
import { answersWhereAsked } from './answers-where-asked.js';
import { drainsOnSigterm } from './drains-on-sigterm.js';
import { explainsFailures } from './explains-failures.js';
import { fetchesLargeBodies } from './fetches-large-bodies.js';
import { hasOneEffect } from './has-one-effect.js';
import { ignoresUnknownFields } from './ignores-unknown-fields.js';
import { keepsOutOfLeases } from './keeps-out-of-leases.js';
import { leavesTheWithdrawn } from './leaves-the-withdrawn.js';
import { letsExpiredPass } from './lets-expired-pass.js';
import { namesItsRequest } from './names-its-request.js';
import { readsMessagePack } from './reads-message-pack.js';
import { refusesMalformed } from './refuses-malformed.js';
import { refusesOtherContent } from './refuses-other-content.js';
import { repeatsRecordedAnswers } from './repeats-recorded-answers.js';
import { speaksTheStatus } from './speaks-the-status.js';
import { wellFormedAnswers } from './well-formed-answers.js';
import { worksInParallel } from './works-in-parallel.js';

/** Without it nothing else can be seen. */
export const FIRST_RULE: Rule = answersWhereAsked;

export const RULES: readonly Rule[] = [
  FIRST_RULE,
  namesItsRequest,
  speaksTheStatus,
  wellFormedAnswers,
  explainsFailures,
  ignoresUnknownFields,
  readsMessagePack,
  fetchesLargeBodies,
  refusesMalformed,
  acknowledgesLast,
  letsExpiredPass,
  hasOneEffect,
  repeatsRecordedAnswers,
  refusesOtherContent,
  keepsOutOfLeases,
  leavesTheWithdrawn,
  worksInParallel,
];

/** Ends the worker: tried once, after everything else. */
export const LAST_RULE: Rule = drainsOnSigterm;
