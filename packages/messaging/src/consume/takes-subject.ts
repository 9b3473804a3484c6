/** Whether a consumer would be given what is published on a subject. */
import type { ConsumerInfo } from '@nats-io/jetstream';
import { overlaps } from '../subject-match.js';

/** @param subject may have wildcards: then whether they have a subject in common */
export function takesSubject({ config }: Pick<ConsumerInfo, 'config'>, subject: string): boolean {
  const filters = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : ['>']);
  return filters.some((filter) => overlaps(filter, subject));
}
