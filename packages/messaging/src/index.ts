/** The public face of @nats-bridge/messaging. */

export {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from './embedded/embedded-server.js';
export { EmbeddedServerError, NatsServerNotFoundError } from './embedded/embedded-server-error.js';
export type { NatsServerBinary } from './embedded/find-binary.js';
export { type ObtainOptions, obtainNatsServer } from './embedded/obtain-nats-server.js';
export * from './errors.js';
