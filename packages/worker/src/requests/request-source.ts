/** Where the requests of an operation come from, and what may be asked there. */
import {
  defaultSubjectTemplate,
  type Operation,
  operationRow,
  poolTemplate,
  subjectPattern,
  webhookPattern,
} from '@nats-bridge/protocol';
import type { WorkerOptions } from '../worker-options.js';
import { type Scope, scopeOf, webhookScope } from './scope.js';

export type RequestSource = {
  /** Of every merchant's, with wildcards. */
  readonly subject: string;
  /** How spans name it. */
  readonly destination: string;
  readonly scope: Scope;
};

/** Webhooks of all operations have one source. */
export function sourceOf(
  operation: Operation,
  { pool, subjects }: Pick<WorkerOptions, 'pool' | 'subjects'>,
): RequestSource {
  if (operationRow(operation).channel === 'webhooks') {
    const subject = webhookPattern(pool);
    return { subject, destination: subject, scope: webhookScope };
  }
  const template = poolTemplate(subjects?.[operation] ?? defaultSubjectTemplate(operation), pool);
  return {
    subject: subjectPattern(template),
    destination: template,
    scope: scopeOf(operation, template),
  };
}
