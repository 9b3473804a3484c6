/** The connection of a worker: unlike a bridge's it tries to come back for ever. */
import { type Connection, type ConnectionOptions, createConnection } from '@nats-bridge/messaging';

export type WorkerAccess = Pick<
  ConnectionOptions,
  'tls' | 'credentials' | 'allowPlaintext' | 'inboxPrefix' | 'jetstreamDomain'
> & {
  /** Default `nats://127.0.0.1:4222`. */
  readonly servers?: ConnectionOptions['servers'];
};

/** @throws PlaintextRefusedError where a server on another machine would be spoken to without TLS */
export function connectWorker({
  servers,
  tls,
  credentials,
  allowPlaintext,
  inboxPrefix,
  jetstreamDomain,
  name,
}: WorkerAccess & { readonly name: string }): Connection {
  return createConnection({
    servers: servers ?? 'nats://127.0.0.1:4222',
    tls,
    credentials,
    allowPlaintext,
    inboxPrefix,
    jetstreamDomain,
    name,
    maxReconnects: -1,
  });
}
