/** How an installation names its stream, consumers and subjects: what a configuration may change of them. */
import { defaultSubjectTemplate, OPERATIONS, type Operation, poolConsumer } from '@nats-bridge/protocol';

export type Layout = {
  /** The stream of requests. */
  readonly stream: string;
  /** Durable consumers are `{consumer}-{operation}`, those of a pool `{consumer}-{pool}-{operation}`. */
  readonly consumer: string;
  /** Subject templates that are not the specification's. */
  readonly subjects: Partial<Readonly<Record<Operation, string>>>;
};

export const DEFAULT_LAYOUT: Layout = { stream: 'PAYMENTS', consumer: 'hyperswitch-consumer', subjects: {} };

/** Operations that travel through the stream. */
export const STREAMED: readonly Operation[] = OPERATIONS.filter(({ channel }) => channel === 'payments').map(
  ({ operation }) => operation,
);

export function templateOf(layout: Layout, operation: Operation): string {
  return layout.subjects[operation] ?? defaultSubjectTemplate(operation);
}

export function consumerOf(layout: Layout, operation: Operation, pool: string | undefined): string {
  return `${poolConsumer(layout.consumer, pool)}-${operation}`;
}
