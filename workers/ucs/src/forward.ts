/** Every operation of the catalogue, forwarded to a UCS: the request as it came to the bridge, the answer as it is. */
import {
  type BridgeRequest,
  decodeUcs,
  encodeKnownUcs,
  HEADER,
  isReturn,
  OPERATIONS,
  type OperationRow,
  operationRow,
  replyOfUcsResponse,
  UcsEncodeError,
  ucsMetadataOf,
  ucsMethodOf,
  ValidationError,
} from '@nats-bridge/protocol';
import type { Handler, HandlerContext, HandlerResponse, Handlers } from '@nats-bridge/worker';
import { type Reason, replyOfConnectorError, replyOfDoubt, replyOfRefusal } from './reply-without-answer.js';
import type { UcsCall, UcsTarget } from './ucs-target.js';

/** How much sooner than the bridge the worker stops waiting, so that what it knows is still heard. */
const DEADLINE_MARGIN_MS = 50;

export function forwardTo(target: UcsTarget): Handlers {
  return Object.fromEntries(OPERATIONS.map(({ operation }) => [operation, forwardOperation(target)]));
}

function forwardOperation(target: UcsTarget): Handler {
  return async (request, context) => {
    const row = operationRow(request.operation);
    if (row.movesMoney && context.attempt > 1) return replyOfDoubt(row, EARLIER_ATTEMPT);
    // That nobody was told of a customer's return says nothing of what he has paid.
    const refuse = isReturn(request.router_data) ? replyOfDoubt : replyOfRefusal;
    let call: UcsCall;
    try {
      call = callOf(row, request, context);
    } catch (error) {
      if (error instanceof ValidationError || error instanceof UcsEncodeError)
        return refuse(row, { code: 'VALIDATION_ERROR', message: error.message });
      throw error;
    }
    return forward(row, () => context.processor(() => target.call(call)), call, refuse);
  };
}

/**
 * Whoever had it before died with it in hand, or stood still. A UCS has no memory that would make a repeat harmless, so
 * the question is left to the next sync.
 */
const EARLIER_ATTEMPT = {
  code: 'UCS_OUTCOME_UNKNOWN',
  message: 'An earlier worker may have sent this already; it is not sent twice',
};

/** @throws ValidationError, UcsEncodeError for what no UCS could be sent */
function callOf(row: OperationRow, { router_data }: BridgeRequest, context: HandlerContext): UcsCall {
  const method = ucsMethodOf(row, router_data.request);
  const { traceparent } = context;
  return {
    method,
    metadata: {
      ...ucsMetadataOf(row, router_data),
      ...(traceparent !== undefined && { [HEADER.traceparent]: traceparent }),
    },
    request: encodeKnownUcs(method.requestType, router_data.request),
    deadlineAt: context.deadlineAt - DEADLINE_MARGIN_MS,
    signal: context.signal,
  };
}

async function forward(
  row: OperationRow,
  ask: () => ReturnType<UcsTarget['call']>,
  { method: { responseType } }: UcsCall,
  refuse: typeof replyOfRefusal,
): Promise<HandlerResponse> {
  const ending = await ask();
  if (row.operation === 'parse_webhook' && (ending.kind === 'not_sent' || ending.kind === 'unknown'))
    throw new WebhookUnreadError(ending);
  switch (ending.kind) {
    case 'answered':
      try {
        return replyOfUcsResponse(row, responseType, decodeUcs(responseType, ending.response));
      } catch (error) {
        const message = `The answer of the UCS is no ${responseType}: ${nameOf(error)}`;
        return replyOfDoubt(row, { code: 'UCS_ANSWER_INVALID', message });
      }
    case 'connector_error':
      return replyOfConnectorError(row, decodeUcs('ConnectorError', ending.error));
    case 'unknown':
      return replyOfDoubt(row, ending);
    case 'not_sent':
    case 'refused':
      return refuse(row, ending);
  }
}

/**
 * Nobody has read the webhook. A reply would say that it is none that counts, and Hyperswitch would take it for good;
 * without one the bridge fails it, and its sender comes again.
 */
class WebhookUnreadError extends Error {
  override readonly name = 'WebhookUnreadError';

  constructor({ code, message }: Reason) {
    super(`The UCS has not read the webhook: ${code}, ${message}`);
  }
}

/** Its message may quote the answer. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}
