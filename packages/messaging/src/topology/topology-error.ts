/** The server refuses to make or change a stream, consumer or bucket. */
export class TopologyError extends Error {
  readonly code = 'TOPOLOGY_REFUSED';
  override readonly name = 'TopologyError';

  constructor(
    readonly kind: 'stream' | 'consumer' | 'bucket',
    readonly asset: string,
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `NATS refuses the ${kind} ${asset}: ${why}. Check its configuration, JetStream's limits and permissions.`,
      {
        cause,
      },
    );
  }
}
