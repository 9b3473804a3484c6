/** Whether a consumer would be given what is published on a subject. */
import { overlaps } from '@nats-bridge/protocol';
import type { ConsumerInfo } from '@nats-io/jetstream';

/** @param subject may have wildcards: then whether they have a subject in common */
export function takesSubject(consumer: Pick<ConsumerInfo, 'config'>, subject: string): boolean {
  return filtersOf(consumer).some((filter) => overlaps(filter, subject));
}

/** What a consumer filters by; everything when it does not. */
export function filtersOf({ config }: Pick<ConsumerInfo, 'config'>): readonly string[] {
  return config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : ['>']);
}
