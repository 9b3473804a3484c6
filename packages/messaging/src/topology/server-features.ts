/** What a NATS server can do, by its version. */

/** Since which release each feature exists (release notes of nats-server). */
const SINCE = {
  jetStream: '2.2.0',
  discardNewPerSubject: '2.9.1',
  multipleFilterSubjects: '2.10.0',
  metadata: '2.10.0',
  subjectTransforms: '2.10.0',
  compression: '2.10.0',
  authCallout: '2.10.0',
  userInfo: '2.10.0',
  syncAlways: '2.10.0',
  terminateReason: '2.10.4',
  tlsHandshakeFirst: '2.10.4',
  perMessageTtl: '2.11.0',
  consumerPause: '2.11.0',
  priorityGroups: '2.11.0',
  messageTracing: '2.11.0',
  batchDirectGet: '2.11.0',
  prioritizedWorkers: '2.12.0',
  atomicBatchPublish: '2.12.0',
  scheduledMessages: '2.12.0',
  strictApi: '2.12.0',
  mirrorPromotion: '2.12.0',
  safeWorkQueueSourcing: '2.14.0',
  recurringSchedules: '2.14.0',
  consumerReset: '2.14.0',
} as const;

export type ServerFeature = keyof typeof SINCE;
export type ServerFeatures = Readonly<Record<ServerFeature, boolean>>;

/** Every feature with the release that brought it, for a person to read. */
export const SERVER_FEATURES: readonly { readonly feature: ServerFeature; readonly since: string }[] =
  Object.entries(SINCE).map(([feature, since]) => ({ feature: feature as ServerFeature, since }));

/** Once, as the features are asked for with every payment. */
const RELEASES = SERVER_FEATURES.map(({ feature, since }) => [feature, numbers(since)] as const);

/** @param version as the server says it (`connection.info.version`), e.g. `2.11.3` or `2.12.0-RC.1` */
export function serverFeatures(version: string): ServerFeatures {
  const have = numbers(version);
  const entries = RELEASES.map(([feature, since]) => [feature, isAtLeast(have, since)]);
  return Object.fromEntries(entries) as ServerFeatures;
}

/** A pre-release (`2.12.0-RC.1`) counts as its release: its features are in it. */
export function isVersionAtLeast(version: string, least: string): boolean {
  return isAtLeast(numbers(version), numbers(least));
}

function isAtLeast(have: readonly number[], want: readonly number[]): boolean {
  for (const [index, part] of want.entries()) {
    const difference = (have[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return (version.split('-')[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);
}
