/** What a gRPC error of a UCS says of the money: refused, or in doubt. */
import { type ServiceError, status } from '@grpc/grpc-js';
import { decodeUcs } from '@nats-bridge/protocol';
import type { UcsEnding } from '../ucs-target.js';

/** The target read the call and did nothing. Everything else may have come too late. */
const REFUSALS: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.NOT_FOUND,
  status.UNIMPLEMENTED,
]);

/** A plain `types.ConnectorError`, not google.rpc.Status (docs/hyperswitch.md, Errors over gRPC). */
const DETAILS = 'grpc-status-details-bin';
const CONNECTOR_ERROR = 'CONNECTOR_ERROR_RESPONSE';

export function endingOfError({ code, details, metadata }: ServiceError): UcsEnding {
  const error = connectorError(metadata.get(DETAILS)[0]);
  if (error !== undefined) return { kind: 'connector_error', error };
  const name = status[code] ?? 'UNKNOWN';
  const message = details || `The UCS answered ${name}`;
  return { kind: REFUSALS.has(code) ? 'refused' : 'unknown', code: name, message };
}

function connectorError(bytes: string | Buffer | undefined): Uint8Array | undefined {
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    const { error_code, http_status_code } = decodeUcs('ConnectorError', bytes);
    return error_code === CONNECTOR_ERROR && http_status_code !== undefined ? bytes : undefined;
  } catch {
    return undefined; // details of another kind
  }
}
