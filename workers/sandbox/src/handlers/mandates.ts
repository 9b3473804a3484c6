/** Mandates: set up once, charged without the customer, and ended. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerContext, HandlerResponse, Handlers } from '@nats-bridge/worker';
import { behaviourOf } from '../cards.js';
import { isRefusal, refuse } from '../payment.js';
import { errorOf, mandateReference } from '../payment-answer.js';
import { minorAmount, own, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';
import { digest } from '../store.js';
import { cardOf, open } from './payments.js';

export function mandateHandlers(sandbox: Sandbox): Handlers {
  return {
    setup_mandate: (request, context) => setupMandate(sandbox, request, context),
    charge: (request, context) => chargeMandate(sandbox, request, context),
    async revoke_mandate(request) {
      const id = text(request, 'connector_mandate_id') ?? text(request, 'mandate_id') ?? '';
      const done = await sandbox.store.update<Mandate, true>('mandate', own(request, id), (mandate) => ({
        value: { ...mandate, status: 'revoked' },
        result: true,
      }));
      return done
        ? { status: 'success', transaction_id: id }
        : refusal(refuse('mandate_not_found', `There is no mandate ${id}`));
    },
  };
}

async function setupMandate(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const card = await cardOf(sandbox, request);
  if (isRefusal(card)) return refusal(card);
  const { number, last4 } = card;
  const amount = minorAmount(request, 'amount');
  const id = `mandate_${digest(`${request.merchant_id}\n${context.idempotencyKey}`)}`;
  const behaviour = behaviourOf(number, amount);
  if (behaviour.kind === 'decline') return { status: 'failure', error: errorOf(behaviour.decline) };
  await sandbox.store.create('mandate', own(request, id), { id, status: 'active', last4 });
  return {
    status: 'success',
    transaction_id: id,
    mandate_reference: mandateReference(id),
    connector_response: { id, object: 'mandate', status: 'active', last4 },
  };
}

type Mandate = { readonly id: string; readonly status: 'active' | 'revoked'; readonly last4: string };

async function chargeMandate(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const id = text(request, 'connector_recurring_payment_id', 'connector_mandate_id', 'connector_mandate_id');
  const mandate =
    id === undefined ? undefined : await sandbox.store.read<Mandate>('mandate', own(request, id));
  if (mandate === undefined)
    return refusal(refuse('mandate_not_found', `There is no mandate ${id ?? 'named in the request'}`));
  if (mandate.status !== 'active')
    return refusal(refuse('mandate_inactive', `Mandate ${mandate.id} is ${mandate.status}`));
  const amount = minorAmount(request, 'amount');
  const opened = await open(sandbox, request, context, behaviourOf(undefined, amount), {
    amount,
    last4: mandate.last4,
  });
  return { ...opened, mandate_reference: mandateReference(mandate.id) };
}
