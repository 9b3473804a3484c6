/** The test cards: what each one makes the sandbox do. The documentation's table is made of this one. */

import type { Decline } from './payment.js';

export type CardBehaviour =
  | { readonly kind: 'approve' }
  | { readonly kind: 'decline'; readonly decline: Decline }
  /** Answers with a redirect; a second authorize with `redirection_response` completes it. */
  | { readonly kind: 'redirect' }
  /** Answers "processing"; a sync after `settleAfterMs` says charged. */
  | { readonly kind: 'processing' }
  /** Answers after `slowMs`. */
  | { readonly kind: 'slow' }
  /** Takes the money, then ends the process before it can answer; the redelivered request gets the answer. */
  | { readonly kind: 'crash' };

export type TestCard = {
  readonly number: string;
  readonly behaviour: CardBehaviour;
  readonly summary: string;
};

const decline = (
  number: string,
  code: string,
  message: string,
  network: string,
  advice: string,
): TestCard => ({
  number,
  summary: `declined: ${code}`,
  behaviour: {
    kind: 'decline',
    decline: { code, message, networkDeclineCode: network, networkAdviceCode: advice },
  },
});

export const TEST_CARDS: readonly TestCard[] = [
  { number: '4242424242424242', behaviour: { kind: 'approve' }, summary: 'approved' },
  { number: '5555555555554444', behaviour: { kind: 'approve' }, summary: 'approved (Mastercard)' },
  decline('4000000000000002', 'do_not_honor', 'The bank declined without a reason', '05', '02'),
  decline('4000000000009995', 'insufficient_funds', 'The account has insufficient funds', '51', '02'),
  decline('4000000000009987', 'lost_card', 'The card was reported lost', '41', '03'),
  decline('4000000000009979', 'stolen_card', 'The card was reported stolen', '43', '03'),
  decline('4000000000000069', 'expired_card', 'The card has expired', '54', '01'),
  decline('4000000000000127', 'incorrect_cvc', 'The security code is incorrect', 'N7', '01'),
  decline('4000000000000119', 'processing_error', 'The bank could not process the card', '96', '02'),
  decline('4100000000000019', 'fraudulent', 'The payment looks fraudulent', '59', '03'),
  decline('4000000000006975', 'card_velocity_exceeded', 'The card exceeds its limits', '65', '02'),
  {
    number: '4000000000003220',
    behaviour: { kind: 'redirect' },
    summary: '3-D Secure: redirect, then approved',
  },
  { number: '4000000000000077', behaviour: { kind: 'processing' }, summary: 'processing, later charged' },
  { number: '4000000000000259', behaviour: { kind: 'slow' }, summary: 'approved, slowly' },
  {
    number: '4000000000000341',
    behaviour: { kind: 'crash' },
    summary: 'charged, then the worker crashes before it replies',
  },
];

/** Amounts, in minor units, that decide whatever the card says. */
export const TEST_AMOUNTS: readonly {
  readonly minorAmount: number;
  readonly card: string;
  readonly summary: string;
}[] = [
  { minorAmount: 66_005, card: '4000000000000002', summary: 'declined: do_not_honor' },
  { minorAmount: 66_051, card: '4000000000009995', summary: 'declined: insufficient_funds' },
  { minorAmount: 66_054, card: '4000000000000069', summary: 'declined: expired_card' },
  { minorAmount: 66_059, card: '4100000000000019', summary: 'declined: fraudulent' },
];

/** A refund of this amount, in minor units, stays pending until a sync after `settleAfterMs`. */
export const PENDING_REFUND_AMOUNT = 77_003;

/** What is kept of a card: not its number, but which of these it is; undefined for any other. */
export function testCardIndex(number: string): number | undefined {
  const index = TEST_CARDS.findIndex((card) => card.number === number);
  return index < 0 ? undefined : index;
}

/** What a card and an amount do together; cards that are not listed are approved. */
export function behaviourOf(cardNumber: string | undefined, minorAmount: number): CardBehaviour {
  const byAmount = TEST_AMOUNTS.find((entry) => entry.minorAmount === minorAmount);
  const number = byAmount?.card ?? cardNumber;
  return TEST_CARDS.find((card) => card.number === number)?.behaviour ?? { kind: 'approve' };
}
