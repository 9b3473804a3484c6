/** What can go wrong with the nats-server that this program obtains and runs by itself. */

/** No nats-server was found and none could be installed. */
export class NatsServerNotFoundError extends Error {
  readonly code = 'NATS_SERVER_NOT_FOUND';
  override readonly name = 'NatsServerNotFoundError';

  /** @param tried one line per place or package manager tried, each with why it failed */
  constructor(readonly tried: readonly string[]) {
    super(
      [
        'no nats-server was found and none could be installed. Tried:',
        ...tried.map((line) => `  - ${line}`),
        'Install nats-server (https://docs.nats.io/running-a-nats-service/introduction/installation) so that it is on PATH, or install Go, or configure the URL of a running server.',
      ].join('\n'),
    );
  }
}

/** The nats-server did not start, or its store belongs to another running server. */
export class EmbeddedServerError extends Error {
  readonly code = 'EMBEDDED_SERVER_FAILED';
  override readonly name = 'EmbeddedServerError';

  /** @param logTail the last lines of the server's own log */
  constructor(
    what: string,
    readonly logTail: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(logTail.length === 0 ? what : `${what}. The server's last lines:\n${logTail.join('\n')}`, options);
  }
}
