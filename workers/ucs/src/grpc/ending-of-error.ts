/** What a gRPC error of a UCS says of the money: refused, or in doubt. */
import { type ServiceError, status } from '@grpc/grpc-js';
import { decodeUcs, operationOfMethod, type UcsMethod } from '@nats-bridge/protocol';
import type { UcsEnding } from '../ucs-target.js';

/** The target read the call and did nothing. Everything else may have come too late. */
const REFUSALS: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.NOT_FOUND,
]);

/** A plain `types.ConnectorError`, not google.rpc.Status (docs/hyperswitch.md, Errors over gRPC). */
const DETAILS = 'grpc-status-details-bin';
const CONNECTOR_ERROR = 'CONNECTOR_ERROR_RESPONSE';

export function endingOfError(error: ServiceError, method: UcsMethod): UcsEnding {
  const { code, details, metadata } = error;
  const said = connectorError(metadata.get(DETAILS)[0]);
  if (said !== undefined) return { kind: 'connector_error', error: said };
  const name = status[code] ?? 'UNKNOWN';
  const message = details || `The UCS answered ${name}`;
  const isRefusal = code === status.UNIMPLEMENTED ? isUnimplemented(details, method) : REFUSALS.has(code);
  return { kind: isRefusal ? 'refused' : 'unknown', code: name, message };
}

/**
 * Prism makes UNIMPLEMENTED of a processor's HTTP 501, too, and grpc-js of an answer that is missing, so where money can
 * have moved it counts only as servers say it of a method that they do not know: tonic without a word, most others with
 * the method's name.
 */
function isUnimplemented(details: string, { service, method, path }: UcsMethod): boolean {
  const row = operationOfMethod(`${service}/${method}`);
  return row?.movesMoney === false || details === '' || details.includes(path.slice(1));
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
