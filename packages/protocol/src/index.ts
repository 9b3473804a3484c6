/** The wire contract of NATS Bridge. */
export {
  type AuditEntry,
  type ChainCheck,
  type ChainedEntry,
  type ChainProblem,
  type ChainReport,
  type ChainVerifier,
  chainEntry,
  createChainVerifier,
  type SignHash,
  verifyChain,
} from './audit-chain.js';
export * from './audit-records.js';
export * from './bridge-error.js';
export * from './card-number.js';
export * from './check-records.js';
export * from './check-router-data.js';
export { asyncApi } from './contract/async-api.js';
export { jsonSchemas } from './contract/json-schemas.js';
export * from './encoding.js';
export * from './headers.js';
export * from './idempotency-key.js';
export * from './life/approval.js';
export * from './life/doubt.js';
export * from './life/fingerprint.js';
export * from './life/guard.js';
export * from './life/record.js';
export * from './life/verdict.js';
export * from './life/withdrawal.js';
export * from './log-entry.js';
export { maskAnswer, maskPatch, maskRequest } from './mask.js';
export * from './merge-patch.js';
export { nearestNames } from './nearest-names.js';
export * from './oldest-beyond.js';
export * from './operation-catalogue.js';
export * from './outcome.js';
export * from './passing-map.js';
export * from './request.js';
export * from './response.js';
export * from './router-data.js';
export * from './sealing-context.js';
export * from './secret.js';
export * from './signed-text.js';
export * from './status.js';
export * from './streams.js';
export * from './subject.js';
export * from './ucs/index.js';
export * from './ucs-metadata.js';
export * from './ucs-reply.js';
export * from './ucs-request.js';
export * from './ucs-response.js';
export { describeIssues } from './zod-issues.js';
