/** Tokens, sessions, customers and stored payment methods: everything that moves no money. */
import type { Handlers } from '@nats-bridge/worker';
import { testCardIndex } from '../cards.js';
import { refuse } from '../payment.js';
import { currency, field, minorAmount, own, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';
import { digest } from '../store.js';
import type { KeptCard } from './payments.js';

type Customer = { readonly id: string; readonly name?: string; readonly email?: string };

const ACCESS_TOKEN_SECONDS = 3_600;

export function credentialHandlers(sandbox: Sandbox): Handlers {
  return {
    async tokenize(request) {
      const number = text(request, 'payment_method', 'card', 'card_number');
      if (number === undefined)
        return refusal(refuse('invalid_payment_method', 'Only cards can be tokenized here'));
      const token = `tok_${digest(own(request, number))}`;
      const last4 = number.slice(-4);
      const kept: KeptCard = { testCard: testCardIndex(number), last4 };
      await sandbox.store.create('token', own(request, token), kept);
      return {
        status: 'success',
        transaction_id: token,
        token,
        connector_response: { id: token, object: 'token', last4 },
      };
    },
    session: (request) => ({
      status: 'success',
      session_data: {
        paypal: {
          connector: request.router_data.connector,
          session_token: `session_${digest(request.correlation_id)}`,
          client_token: `client_${digest(request.payment_id)}`,
        },
      },
    }),
    session_token: (request) => ({ status: 'success', token: `session_${digest(request.payment_id)}` }),
    access_token: (request) => ({
      status: 'success',
      token: `access_${digest(`${request.merchant_id}\n${request.correlation_id}`)}`,
      response: { token_type: 'Bearer', expires_in_seconds: ACCESS_TOKEN_SECONDS },
    }),
    async create_customer(request) {
      const merchantCustomerId = text(request, 'merchant_customer_id') ?? request.correlation_id;
      const id = `cus_${digest(own(request, merchantCustomerId))}`;
      const customer: Customer = { id, name: text(request, 'customer_name'), email: text(request, 'email') };
      await sandbox.store.create('customer', own(request, id), customer);
      return { status: 'success', transaction_id: id, connector_response: { id, object: 'customer' } };
    },
    async get_customer(request) {
      const id = text(request, 'connector_customer_id') ?? '';
      const customer = await sandbox.store.read<Customer>('customer', own(request, id));
      if (customer === undefined)
        return { status: 'success', response: { lookup_status: 'CUSTOMER_LOOKUP_STATUS_NOT_FOUND' } };
      return {
        status: 'success',
        response: {
          lookup_status: 'CUSTOMER_LOOKUP_STATUS_FOUND',
          customer: {
            id: text(request, 'merchant_customer_id'),
            name: customer.name,
            email: customer.email,
            connector_customer_id: id,
          },
        },
      };
    },
    async create_payment_method(request) {
      const id = `pm_${digest(`${request.merchant_id}\n${text(request, 'merchant_payment_method_id') ?? request.correlation_id}`)}`;
      await sandbox.store.create('payment_method', own(request, id), { id, balance: 0 });
      return { status: 'success', transaction_id: id };
    },
    async get_payment_method(request) {
      const id = text(request, 'connector_payment_method_id') ?? '';
      const found = await sandbox.store.read('payment_method', own(request, id));
      return found === undefined
        ? refusal(refuse('resource_missing', `There is no payment method ${id}`))
        : { status: 'success', transaction_id: id };
    },
    async recharge_payment_method(request, { idempotencyKey }) {
      const id = text(request, 'connector_payment_method_id') ?? '';
      const rechargeId = `recharge_${digest(idempotencyKey)}`;
      type PaymentMethod = { readonly balance: number; readonly recharges?: readonly string[] };
      const done = await sandbox.store.update<PaymentMethod, true>(
        'payment_method',
        own(request, id),
        (method) => {
          const before = method.recharges ?? [];
          if (before.includes(rechargeId)) return { value: method, result: true };
          const balance = method.balance + minorAmount(request, 'amount');
          return { value: { ...method, balance, recharges: [...before, rechargeId] }, result: true };
        },
      );
      return done
        ? { status: 'success', transaction_id: rechargeId }
        : refusal(refuse('resource_missing', `There is no payment method ${id}`));
    },
    payment_method_eligibility: () => ({ status: 'success', response: { eligibility: 'ELIGIBLE' } }),
    calculate_surcharge: (request) => ({
      status: 'success',
      transaction_id: `surcharge_${digest(request.correlation_id)}`,
      // One per cent, rounded up, in the currency asked for.
      response: {
        surcharge_amount: {
          minor_amount: Math.ceil(minorAmount(request, 'amount') / 100),
          currency: currency(request),
        },
        surcharge_percentage: 1,
      },
    }),
    pre_risk_check: (request) => riskCheck(request),
    post_risk_check: (request) => riskCheck(request),
    pre_authenticate: (request) => ({
      status: 'success',
      transaction_id: `auth_${digest(`${request.merchant_id}\n${request.payment_id}`)}`,
      attempt_status: 'AUTHENTICATION_PENDING',
    }),
    authenticate: (request) => authenticated(request),
    post_authenticate: (request) => authenticated(request),
  };

  function riskCheck(request: Parameters<typeof text>[0]) {
    return {
      status: 'success' as const,
      transaction_id: `frm_${digest(request.correlation_id)}`,
      response: { frm_decision: 'APPROVE', risk_score: 1, reason: 'sandbox' },
    };
  }

  function authenticated(request: Parameters<typeof text>[0]) {
    const id = `auth_${digest(`${request.merchant_id}\n${request.payment_id}`)}`;
    const version = field(request, 'authentication_data', 'message_version') ?? '2.2.0';
    return {
      status: 'success' as const,
      transaction_id: id,
      response: {
        authentication_data: {
          eci: '05',
          cavv: 'AAABBBCCC',
          trans_status: 'TRANSACTION_STATUS_SUCCESS',
          message_version: version,
          ds_transaction_id: id,
        },
      },
    };
  }
}
