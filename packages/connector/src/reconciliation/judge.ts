/** Whether ledger and processor say the same of an operation. Pure. */
import { type Operation, operationRow, type StatusKind } from '@nats-bridge/protocol';
import type { Money } from '../payments/money.js';
import type { ProcessorState } from './processor-state.js';

/**
 * `agrees`: both say the same. `settled`: it was in doubt here, and the processor says how it ended. `differs`: they
 * contradict each other. `cannot_ask`: no question could be asked. `unknown`: it was asked, and is not known yet.
 */
export type Reconciled = 'agrees' | 'settled' | 'differs' | 'cannot_ask' | 'unknown';

/** An operation as the ledger has it. */
export type Known = {
  readonly operation: Operation;
  readonly key: string;
  /** Whether it was carried out. */
  readonly said: 'yes' | 'no' | 'doubt';
  /** The UCS status of its answer, or how far it has come: `claimed`, `sent`, `withdrawn`, `no record`. */
  readonly status: string;
  /** Whether a worker has it in hand, or may still take it. */
  readonly isOpen: boolean;
  /** What it was to reserve, take or give back. */
  readonly amount: Money | undefined;
};

export type Judgement = {
  readonly verdict: Reconciled;
  readonly why?: string;
  /** Where they differ in it. */
  readonly amount?: { readonly ledger: Money; readonly processor: Money };
};

/** Where the money of a payment is; `none`: nothing was ever reserved. */
type Place = 'none' | 'reserved' | 'taken' | 'released' | 'returned' | 'pending';

const PLACE: Readonly<Record<string, Place>> = {
  AUTHORIZED: 'reserved',
  PARTIALLY_AUTHORIZED: 'reserved',
  CAPTURE_FAILED: 'reserved',
  CHARGED: 'taken',
  PARTIAL_CHARGED: 'taken',
  PARTIAL_CHARGED_AND_CHARGEABLE: 'taken',
  VOIDED: 'released',
  EXPIRED: 'released',
  VOIDED_POST_CAPTURE: 'returned',
  AUTO_REFUNDED: 'returned',
  FAILURE: 'none',
  AUTHORIZATION_FAILED: 'none',
  AUTHENTICATION_FAILED: 'none',
  ROUTER_DECLINED: 'none',
};

const REFUND_ENDED = /^REFUND_(SUCCESS|FAILURE|TRANSACTION_FAILURE)$/;
const WAITS_FOR_CUSTOMER = 'AUTHENTICATION_PENDING';

/** Whether a status leaves open how it ends. */
export function isOpenEnded(kind: StatusKind, status: string): boolean {
  if (kind === 'payment') return PLACE[status] === undefined && status !== 'VOID_FAILED';
  return kind === 'refund' && !REFUND_ENDED.test(status);
}

/** Whether a payment, or a refund, of this status never came about. */
export function hasFailed(operation: Operation, status: string): boolean {
  return operation === 'refund' ? status !== 'REFUND_SUCCESS' : PLACE[status] === 'none';
}

/** @param all operations of the same payment, or of the same refund, this one among them */
export function judge(one: Known, all: readonly Known[], state: ProcessorState): Judgement {
  if (state.kind === 'not_asked') return { verdict: 'cannot_ask', why: state.why };
  if (state.kind === 'untold') return { verdict: 'unknown', why: state.why };
  if (state.kind === 'not_known') return judgeNotKnown(one);
  return one.operation === 'refund' ? judgeRefund(one, all, state) : judgePayment(one, all, state);
}

function judgeNotKnown({ said, isOpen }: Known): Judgement {
  if (said === 'no') return { verdict: 'agrees' };
  if (said === 'yes') return { verdict: 'differs', why: 'the processor does not know it' };
  return {
    verdict: 'unknown',
    why: isOpen ? 'a worker may still carry it out' : 'the processor does not know it',
  };
}

type KnownState = Extract<ProcessorState, { kind: 'known' }>;

function judgeRefund(one: Known, all: readonly Known[], { status, amount }: KnownState): Judgement {
  const isBack = status === 'REFUND_SUCCESS';
  if (!REFUND_ENDED.test(status)) return inDoubt(status);
  if (one.said === 'doubt') return settled(one, isBack, status, amount);
  if (one.said === 'no') return isBack ? differs(status, 'the money was given back') : { verdict: 'agrees' };
  if (!isBack)
    return wasAttempted(all, 'void_refund')
      ? { verdict: 'agrees' }
      : differs(status, 'no money was given back');
  return compared(one.amount, amount);
}

function judgePayment(one: Known, all: readonly Known[], state: KnownState): Judgement {
  const { status } = state;
  const place = PLACE[status] ?? 'pending';
  const later = all.find(
    (other) => other !== one && operationRow(other.operation).beginsPayment && other.said !== 'doubt',
  );
  if (one.status === WAITS_FOR_CUSTOMER && later !== undefined)
    return { verdict: 'agrees', why: `the customer came back: ${later.key}` };
  if (one.status === status && status === WAITS_FOR_CUSTOMER)
    return { verdict: 'agrees', why: 'it waits for the customer' };
  if (place === 'pending') return inDoubt(status);
  const others = all.filter((other) => other !== one);
  if (operationRow(one.operation).beginsPayment) return judgeBeginning(one, others, place, state);
  if (one.operation === 'capture') return judgeCapture(one, others, place, state);
  return judgeUndoing(one, others, place, state);
}

function judgeBeginning(one: Known, others: readonly Known[], place: Place, state: KnownState): Judgement {
  const { status } = state;
  const another = others.find(
    ({ operation, said }) => operationRow(operation).beginsPayment && said === 'yes',
  );
  if (one.said !== 'yes' && another !== undefined && place !== 'none')
    return one.said === 'no'
      ? { verdict: 'agrees' }
      : { verdict: 'unknown', why: `${status}, and ${another.key} was carried out` };
  if (one.said === 'doubt') {
    const isItsOwn = place === 'taken' && !wasAttempted(others, 'capture');
    return settled(one, place !== 'none', status, isItsOwn ? state.amount : undefined);
  }
  if (one.said === 'no')
    return place === 'none' || place === 'released'
      ? { verdict: 'agrees' }
      : differs(status, 'it was carried out');
  const isTakenHere = PLACE[one.status] === 'taken';
  switch (place) {
    case 'reserved':
      return isTakenHere ? differs(status, 'nothing was taken') : { verdict: 'agrees' };
    case 'taken':
      if (isTakenHere) return compared(one.amount, state.amount);
      return wasAttempted(others, 'capture')
        ? { verdict: 'agrees' }
        : differs(status, 'no capture of it is known');
    case 'released':
      return wasAttempted(others, 'void') ? { verdict: 'agrees' } : differs(status, 'no void of it is known');
    case 'returned':
      return wasAttempted(others, 'reverse')
        ? { verdict: 'agrees' }
        : differs(status, 'no reverse of it is known');
    default:
      return differs(status, 'nothing was reserved');
  }
}

function judgeCapture(one: Known, others: readonly Known[], place: Place, state: KnownState): Judgement {
  const { status, amount } = state;
  const isTaken = place === 'taken' || place === 'returned';
  const rest = others.filter(
    (other) => other.said !== 'no' && (other.operation === 'capture' || PLACE[other.status] === 'taken'),
  );
  if (one.said === 'yes') {
    if (!isTaken) return differs(status, 'nothing was taken');
    if (place === 'returned' && !wasAttempted(others, 'reverse'))
      return differs(status, 'no reverse of it is known');
    return place === 'taken' ? compared(sumOf([one, ...rest]), amount) : { verdict: 'agrees' };
  }
  if (!isTaken || rest.length === 0) {
    if (one.said === 'doubt') return settled(one, isTaken, status, amount);
    return isTaken ? differs(status, 'it was carried out') : { verdict: 'agrees' };
  }
  if (one.said === 'no') return compared(sumOf(rest), amount);
  // Several captures of one payment: only their sum tells them apart.
  const before = sumOf(rest);
  if (before === undefined || one.amount === undefined || amount === undefined)
    return { verdict: 'unknown', why: `${status}, and which captures it is of was not said` };
  if (amount.minorAmount === before.minorAmount) return settled(one, false, status);
  if (amount.minorAmount === before.minorAmount + one.amount.minorAmount) return settled(one, true, status);
  return differs(status, 'no sum of its captures', { ledger: before, processor: amount });
}

/** A void, or a reverse. */
function judgeUndoing(one: Known, others: readonly Known[], place: Place, { status }: KnownState): Judgement {
  const undone = one.operation === 'void' ? 'released' : 'returned';
  const isUndone = place === undone && status !== 'EXPIRED';
  // Of a payment that was captured in part, the rest can be released.
  const isRest = one.operation === 'void' && place === 'taken' && wasAttempted(others, 'capture');
  if (one.said === 'doubt') return isRest ? inDoubt(status) : settled(one, isUndone, status);
  if (one.said === 'no') {
    if (!isUndone || wasAttempted(others, one.operation)) return { verdict: 'agrees' };
    return differs(status, 'it was carried out');
  }
  const holdsNothing = place === undone || (one.operation === 'void' && place === 'none');
  return holdsNothing || isRest ? { verdict: 'agrees' } : differs(status, 'it was not carried out');
}

/** Carried out, or perhaps: what the processor says is no surprise then. */
function wasAttempted(others: readonly Known[], operation: Operation): boolean {
  return others.some((other) => other.operation === operation && other.said !== 'no');
}

function inDoubt(status: string): Judgement {
  return { verdict: 'unknown', why: `the processor says ${status}` };
}

/**
 * What may still be carried out is not settled by not having been so far.
 * @param amount of it alone, where the processor tells that
 */
function settled(
  { isOpen, amount: asked }: Known,
  isDone: boolean,
  status: string,
  amount?: Money,
): Judgement {
  if (isDone) {
    const judgement = compared(asked, amount);
    return judgement.verdict === 'differs'
      ? judgement
      : { verdict: 'settled', why: `it was carried out: ${status}` };
  }
  if (isOpen) return { verdict: 'unknown', why: `${status}, and a worker may still carry it out` };
  return { verdict: 'settled', why: `it was not carried out: ${status}` };
}

function differs(status: string, why: string, amount?: Judgement['amount']): Judgement {
  return { verdict: 'differs', why: `${why}: ${status}`, ...(amount && { amount }) };
}

/** Amounts that are not known differ from nothing. */
function compared(ledger: Money | undefined, processor: Money | undefined): Judgement {
  if (ledger === undefined || processor === undefined) return { verdict: 'agrees' };
  const { currency } = processor;
  const isSameCurrency =
    currency === undefined || ledger.currency === undefined || currency === ledger.currency;
  if (ledger.minorAmount === processor.minorAmount && isSameCurrency) return { verdict: 'agrees' };
  return { verdict: 'differs', why: 'another amount', amount: { ledger, processor } };
}

/** undefined while one of them is in doubt, or has no amount. */
function sumOf(taken: readonly Known[]): Money | undefined {
  let minorAmount = 0;
  for (const { said, amount } of taken) {
    if (said !== 'yes' || amount === undefined) return undefined;
    minorAmount += amount.minorAmount;
  }
  const currency = taken[0]?.amount?.currency;
  return { minorAmount, ...(currency !== undefined && { currency }) };
}
