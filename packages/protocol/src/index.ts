/** The wire contract of NATS Bridge. */
export * from './bridge-error.js';
export * from './encoding.js';
export * from './headers.js';
export * from './idempotency-key.js';
export * from './operation-catalogue.js';
export * from './outcome.js';
export * from './request.js';
export * from './response.js';
export * from './router-data.js';
export * from './secret.js';
export * from './status.js';
export * from './subject.js';
export * from './ucs/index.js';
export * from './ucs-metadata.js';
export * from './ucs-request.js';
export * from './ucs-response.js';
export { describeIssues } from './zod-issues.js';
