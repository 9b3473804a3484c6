/** Payouts: created, fulfilled once, and cancelled only before that. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerResponse, Handlers } from '@nats-bridge/worker';
import { refuse } from '../payment.js';
import { own, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';
import { digest } from '../store.js';

type Payout = { readonly id: string; readonly status: 'REQUIRES_FULFILLMENT' | 'SUCCESS' | 'CANCELLED' };

export function payoutHandlers(sandbox: Sandbox): Handlers {
  return {
    async payout_create(request) {
      const id = payoutIdOf(request);
      const { value } = await sandbox.store.create<Payout>('payout', own(request, id), {
        id,
        status: 'REQUIRES_FULFILLMENT',
      });
      return describe(value);
    },
    async payout_fulfill(request) {
      const id = payoutIdOf(request);
      // Hyperswitch may fulfill without creating first.
      await sandbox.store.create<Payout>('payout', own(request, id), { id, status: 'REQUIRES_FULFILLMENT' });
      return move(request, 'SUCCESS', ['REQUIRES_FULFILLMENT', 'SUCCESS']);
    },
    payout_cancel: (request) => move(request, 'CANCELLED', ['REQUIRES_FULFILLMENT', 'CANCELLED']),
    async payout_sync(request) {
      const payout = await sandbox.store.read<Payout>('payout', own(request, payoutIdOf(request)));
      return payout === undefined ? refusal(missing(request)) : describe(payout);
    },
    payout_quote: step,
    payout_create_link: step,
    payout_recipient: step,
    payout_recipient_account: step,
    payout_eligibility: step,
  };

  async function move(request: BridgeRequest, to: Payout['status'], from: readonly Payout['status'][]) {
    const result = await sandbox.store.update<Payout, HandlerResponse>(
      'payout',
      own(request, payoutIdOf(request)),
      (payout) => {
        if (!from.includes(payout.status)) {
          const why = refuse(
            'payout_unexpected_state',
            `Payout ${payout.id} is ${payout.status.toLowerCase()}`,
          );
          return { value: payout, result: refusal(why, payout.status) };
        }
        const value = { ...payout, status: to };
        return { value, result: describe(value) };
      },
    );
    return result ?? refusal(missing(request));
  }
}

/** Steps before a payout exists succeed and give it its id. */
function step(request: BridgeRequest): HandlerResponse {
  return { status: 'success', transaction_id: payoutIdOf(request) };
}

function describe({ id, status }: Payout): HandlerResponse {
  return {
    status: 'success',
    transaction_id: id,
    attempt_status: status,
    connector_response: { id, object: 'payout', status },
  };
}

function payoutIdOf(request: BridgeRequest): string {
  const named =
    request.router_data.payout_id ??
    text(request, 'merchant_payout_id') ??
    text(request, 'merchant_quote_id');
  return text(request, 'connector_payout_id') ?? `po_${digest(own(request, named ?? ''))}`;
}

function missing(request: BridgeRequest) {
  return refuse('resource_missing', `There is no payout ${payoutIdOf(request)}`);
}
