/** Which of the features we use a server has, by its version (NATS release notes). */

const SINCE = {
  streamSubjectTransforms: '2.10.0',
  syncAlways: '2.10.0',
  perMessageTtl: '2.11.0',
  messageTracing: '2.11.0',
  consumerPause: '2.11.0',
  atomicPublish: '2.12.0',
  scheduledMessages: '2.12.0',
} as const;

export type ServerFeature = keyof typeof SINCE;
export type ServerFeatures = Readonly<Record<ServerFeature, boolean>>;

export const SERVER_FEATURES: readonly { readonly feature: ServerFeature; readonly since: string }[] =
  Object.entries(SINCE).map(([feature, since]) => ({ feature: feature as ServerFeature, since }));

/** @param version as the server says it, e.g. `2.11.3` or `2.12.0-RC.1` */
export function serverFeatures(version: string): ServerFeatures {
  const entries = SERVER_FEATURES.map(({ feature, since }) => [feature, isAtLeast(version, since)]);
  return Object.fromEntries(entries) as ServerFeatures;
}

function isAtLeast(version: string, since: string): boolean {
  const [have, want] = [version, since].map((text) => text.split(/[.-]/).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (have?.[index] || 0) - (want?.[index] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
