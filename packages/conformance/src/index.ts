/** The conformance kit: plays the bridge against a worker, rule by rule. */
export { KNOWN_OPERATIONS, type RequestFile, readRequestFile } from './requests.js';
export type { Finding, Rule } from './rule.js';
export { LAST_RULE, RULES } from './rules/index.js';
export {
  type ConformanceOptions,
  type ConformanceReport,
  type RuleFinding,
  runConformance,
} from './run-conformance.js';
export type { FoundWorker, WorkerKind } from './worker-kind.js';
