/** Disputes: every id names an open one, which evidence challenges and acceptance loses. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerResponse, Handlers } from '@nats-bridge/worker';
import { refuse } from '../payment.js';
import { own, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';

type Dispute = { readonly id: string; readonly status: string };

export function disputeHandlers(sandbox: Sandbox): Handlers {
  return {
    accept_dispute: (request) => move(request, 'DISPUTE_ACCEPTED'),
    defend_dispute: (request) => move(request, 'DISPUTE_CHALLENGED'),
    submit_evidence: (request) => move(request, 'DISPUTE_CHALLENGED'),
    async dispute_sync(request) {
      const { value } = await opened(request);
      return describe(value);
    },
  };

  function opened(request: BridgeRequest) {
    const id = disputeIdOf(request);
    return sandbox.store.create<Dispute>('dispute', own(request, id), { id, status: 'DISPUTE_OPENED' });
  }

  async function move(request: BridgeRequest, to: string): Promise<HandlerResponse> {
    await opened(request);
    const result = await sandbox.store.update<Dispute, HandlerResponse>(
      'dispute',
      own(request, disputeIdOf(request)),
      (dispute) => {
        if (dispute.status === 'DISPUTE_ACCEPTED' && to !== 'DISPUTE_ACCEPTED')
          return {
            value: dispute,
            result: refusal(refuse('dispute_closed', `Dispute ${dispute.id} was accepted`)),
          };
        const value = { ...dispute, status: to };
        return { value, result: describe(value) };
      },
    );
    return result ?? refusal(refuse('resource_missing', 'There is no such dispute'));
  }
}

function disputeIdOf(request: BridgeRequest): string {
  return (
    text(request, 'dispute_id') ??
    text(request, 'connector_dispute_id') ??
    text(request, 'merchant_dispute_id') ??
    'dispute'
  );
}

function describe({ id, status }: Dispute): HandlerResponse {
  return { status: 'success', transaction_id: id, response: { dispute_status: status } };
}
