/**
 * A connector that answers what a test tells it to. Only for what the door itself does (errors, cancellation,
 * deadlines); what travels over NATS is tested with NATS, in /test.
 */

import type { CallOptions } from '@nats-bridge/connector';
import {
  BridgeError,
  type BridgeErrorCode,
  type BridgeResponse,
  type Operation,
  type Outcome,
  outcomeOfError,
  outcomeOfReply,
  type RouterData,
} from '@nats-bridge/protocol';
import type { PaymentBridge } from '../bridge.js';

export type Executed = {
  readonly operation: Operation;
  readonly data: RouterData;
  readonly options: CallOptions;
};
export type Script = (call: Executed) => Promise<Outcome> | Outcome;

export type ScriptedBridge = PaymentBridge & {
  readonly executed: Executed[];
  script: Script;
  isConnected: boolean;
};

export function scriptedBridge(script: Script = replies()): ScriptedBridge {
  const bridge: ScriptedBridge = {
    executed: [],
    script,
    isConnected: true,
    execute: async (operation, data, options = {}) => {
      const call = { operation, data, options };
      bridge.executed.push(call);
      return bridge.script(call);
    },
    health: async () => ({
      isReady: bridge.isConnected,
      detail: bridge.isConnected ? 'connected' : 'no connection to NATS',
    }),
  };
  return bridge;
}

/** The worker's reply, as the connector would read it. */
export function replies(reply: Partial<BridgeResponse> = {}): Script {
  const whole = { status: 'success', transaction_id: 'ch_1', ...reply } as BridgeResponse;
  return ({ operation, data }) => outcomeOfReply({ operation, data, correlationId: 'correlation_1' }, whole);
}

/** The connector's outcome for one of the bridge's own errors. */
export function fails(code: BridgeErrorCode): Script {
  return ({ operation, data }) =>
    outcomeOfError({ operation, data, correlationId: 'correlation_1' }, new BridgeError(code));
}
