/** A handler for every operation that Stripe has. */
import type { Handlers } from '@nats-bridge/worker';
import { createConnectStripe, createHandlerFactory, type StripeSettings } from '../call/stripe-call.js';
import { acceptDispute } from './accept-dispute.js';
import { authorize } from './authorize.js';
import { capture } from './capture.js';
import { charge } from './charge.js';
import { createCustomer } from './create-customer.js';
import { defendDispute } from './defend-dispute.js';
import { disputeSync } from './dispute-sync.js';
import { getCustomer } from './get-customer.js';
import { getPaymentMethod } from './get-payment-method.js';
import { createHandleWebhook } from './handle-webhook.js';
import { incrementalAuthorization } from './incremental-authorization.js';
import { parseWebhook } from './parse-webhook.js';
import { refund } from './refund.js';
import { refundSync } from './refund-sync.js';
import { revokeMandate } from './revoke-mandate.js';
import { session } from './session.js';
import { setupMandate } from './setup-mandate.js';
import { submitEvidence } from './submit-evidence.js';
import { sync } from './sync.js';
import { tokenize } from './tokenize.js';
import { verifyRedirect } from './verify-redirect.js';
import { voidPayment } from './void.js';
import { voidRefund } from './void-refund.js';

export function allHandlers(settings: StripeSettings): Handlers {
  const connect = createConnectStripe(settings);
  const onStripe = createHandlerFactory(connect);
  return {
    authorize: onStripe(authorize),
    capture: onStripe(capture),
    void: onStripe(voidPayment),
    sync: onStripe(sync),
    incremental_authorization: onStripe(incrementalAuthorization),
    verify_redirect: onStripe(verifyRedirect),
    refund: onStripe(refund),
    refund_sync: onStripe(refundSync),
    void_refund: onStripe(voidRefund),
    setup_mandate: onStripe(setupMandate),
    charge: onStripe(charge),
    revoke_mandate: onStripe(revokeMandate),
    session: onStripe(session),
    tokenize: onStripe(tokenize),
    create_customer: onStripe(createCustomer),
    get_customer: onStripe(getCustomer),
    get_payment_method: onStripe(getPaymentMethod),
    accept_dispute: onStripe(acceptDispute),
    submit_evidence: onStripe(submitEvidence),
    defend_dispute: onStripe(defendDispute),
    dispute_sync: onStripe(disputeSync),
    parse_webhook: parseWebhook,
    handle_webhook: createHandleWebhook(connect),
  };
}
