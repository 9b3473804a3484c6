/** What the bridge makes of a worker's answer, so that a test fails where UCS has no such field or name. */
import {
  type BridgeRequest,
  type BridgeResponse,
  decodeUcs,
  encodeUcs,
  type JsonObject,
  operationRow,
  outcomeOfReply,
  parseResponse,
  UCS_METHODS,
  ucsResponse,
} from '@nats-bridge/protocol';

/** @throws when the answer is no reply of the contract, or cannot be said in UCS */
export function asUcs(request: BridgeRequest, answer: BridgeResponse): JsonObject {
  const row = operationRow(request.operation);
  const method = UCS_METHODS.find(({ service, method: name }) => `${service}/${name}` === row.methods[0]);
  if (method === undefined) throw new Error(`UCS has no ${row.methods[0]}`);
  const reply = parseResponse(JSON.parse(JSON.stringify(answer)));
  const data = request.router_data;
  const call = { operation: request.operation, data, correlationId: 'c_1' };
  const outcome = outcomeOfReply(call, reply);
  const message = ucsResponse({ row, responseType: method.responseType, request: data.request, outcome });
  return decodeUcs(method.responseType, encodeUcs(method.responseType, message as JsonObject));
}
