/** Where a replay may be published: never where a worker, or the bridge itself, could take it for something else. */
import { streamState } from '@nats-bridge/messaging';
import { DEFAULT_SUBJECT_ROOT, isLiteral, matches, ValidationError } from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';
import { workConsumersOf } from '../topology.js';

/** @throws ValidationError that says why not; nothing was published */
export async function assertReplaySubject(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  subject: string,
): Promise<void> {
  const refuse = (why: string) =>
    new ValidationError(`nothing is replayed to ${subject}: ${why}. Nothing was published`);
  if (!isLiteral(subject))
    throw refuse('it is no subject to publish on: tokens with dots between them, no wildcards');
  const { stream_name: stream } = config.jetstream;
  // As it is on the server: other bridges may have other subjects.
  const { subjects } = await streamState(connection, stream);
  const isWork = [...workConsumersOf(config).map(({ filterSubject }) => filterSubject), ...subjects].some(
    (pattern) => matches(pattern, subject),
  );
  if (isWork) throw refuse('workers listen on it, and would take it for a payment');
  if (subject.startsWith(`${DEFAULT_SUBJECT_ROOT}.`)) throw refuse('it is one of the bridge itself');
  if (/^(\$|_INBOX)/.test(subject)) throw refuse('it is one of the server itself');
}
