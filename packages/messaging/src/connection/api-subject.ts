/** Where JetStream is asked for what nats.js has no call for. */
import type { Connection } from './connection.js';

/** @param request behind the API's prefix, such as `STREAM.SNAPSHOT.PAYMENTS` */
export function apiSubject({ jetstreamOptions: { domain } }: Connection, request: string): string {
  return domain === undefined ? `$JS.API.${request}` : `$JS.${domain}.API.${request}`;
}
