import { describe, expect, it } from 'vitest';
import type { Money } from '../payments/money.js';
import { judge, type Known, type Reconciled } from './judge.js';
import type { ProcessorState } from './processor-state.js';

type Said = Known['said'];

const eur = (minorAmount: number): Money => ({ minorAmount, currency: 'EUR' });
const one = (
  operation: Known['operation'],
  said: Said,
  status: string,
  more: Partial<Known> = {},
): Known => ({
  operation,
  key: `${operation}:att_1`,
  said,
  status,
  isOpen: false,
  amount: eur(1_000),
  ...more,
});
const known = (status: string, minorAmount?: number): ProcessorState => ({
  kind: 'known',
  status,
  amount: minorAmount === undefined ? undefined : { minorAmount },
});

const charged = one('authorize', 'yes', 'CHARGED');
const authorized = one('authorize', 'yes', 'AUTHORIZED');
const declined = one('authorize', 'no', 'FAILURE');
const withdrawn = one('authorize', 'no', 'withdrawn');
const claimed = one('authorize', 'doubt', 'claimed');
const captured = one('capture', 'yes', 'CHARGED');
const captureClaimed = one('capture', 'doubt', 'claimed');
const captureRefused = one('capture', 'no', 'CAPTURE_FAILED');
const voided = one('void', 'yes', 'VOIDED');
const voidClaimed = one('void', 'doubt', 'claimed');
const reversed = one('reverse', 'yes', 'VOIDED_POST_CAPTURE');
const refunded = one('refund', 'yes', 'REFUND_SUCCESS');
const refundClaimed = one('refund', 'doubt', 'claimed');
const refundRefused = one('refund', 'no', 'REFUND_FAILURE');
const open = (operation: Known) => ({ ...operation, isOpen: true });
const NOT_KNOWN: ProcessorState = { kind: 'not_known' };

describe('ledger and processor', () => {
  it.each<[string, Known, readonly Known[], ProcessorState, Reconciled]>([
    ['charged, and charged there', charged, [], known('CHARGED', 1_000), 'agrees'],
    ['charged, of which nothing was told how much', charged, [], known('CHARGED'), 'agrees'],
    ['charged, and less there', charged, [], known('CHARGED', 900), 'differs'],
    ['charged, and only authorized there', charged, [], known('AUTHORIZED'), 'differs'],
    ['charged, and failed there', charged, [], known('FAILURE'), 'differs'],
    ['charged, and not known there', charged, [], NOT_KNOWN, 'differs'],
    ['charged, and undecided there', charged, [], known('PENDING'), 'unknown'],
    ['charged, and reversed by nobody here', charged, [], known('VOIDED_POST_CAPTURE'), 'differs'],
    ['charged, then reversed', charged, [reversed], known('VOIDED_POST_CAPTURE'), 'agrees'],
    ['authorized, and charged by nobody here', authorized, [], known('CHARGED', 1_000), 'differs'],
    ['authorized, and perhaps captured', authorized, [captureClaimed], known('CHARGED', 1_000), 'agrees'],
    ['authorized, and captured in vain', authorized, [captureRefused], known('CHARGED', 1_000), 'differs'],
    ['authorized, and voided by nobody here', authorized, [], known('VOIDED'), 'differs'],
    ['authorized, then voided', authorized, [voided], known('VOIDED'), 'agrees'],
    ['declined, and declined there', declined, [], known('FAILURE'), 'agrees'],
    ['declined, and charged there', declined, [], known('CHARGED'), 'differs'],
    ['declined, and undecided there', declined, [], known('PENDING'), 'unknown'],
    ['declined once, and carried out by another step', declined, [charged], known('CHARGED'), 'agrees'],
    ['in doubt, and carried out by another step', claimed, [charged], known('CHARGED'), 'unknown'],
    ['withdrawn, and not known there', withdrawn, [], NOT_KNOWN, 'agrees'],
    ['withdrawn, and charged there (P2)', withdrawn, [], known('CHARGED'), 'differs'],
    ['withdrawn, and authorized there (P2)', withdrawn, [], known('AUTHORIZED'), 'differs'],
    ['in doubt, and charged there', claimed, [], known('CHARGED'), 'settled'],
    ['in doubt, and charged there with less', claimed, [], known('CHARGED', 900), 'differs'],
    ['in doubt, and charged there by a capture', claimed, [captured], known('CHARGED', 900), 'settled'],
    ['in doubt, and failed there', claimed, [], known('FAILURE'), 'settled'],
    ['in doubt, failed there, and still to be delivered', open(claimed), [], known('FAILURE'), 'unknown'],
    ['in doubt, charged there, and still to be delivered', open(claimed), [], known('CHARGED'), 'settled'],
    ['in doubt, and not known there', claimed, [], NOT_KNOWN, 'unknown'],
    ['in doubt, and a status of tomorrow there', claimed, [], known('TELEPORTED'), 'unknown'],
    ['captured, and captured there', captured, [authorized], known('CHARGED', 1_000), 'agrees'],
    ['captured, and less there', captured, [authorized], known('PARTIAL_CHARGED', 400), 'differs'],
    ['captured, and not there', captured, [authorized], known('AUTHORIZED'), 'differs'],
    ['captured twice, and the sum of both there', captured, [captured], known('CHARGED', 2_000), 'agrees'],
    ['captured twice, and once there', captured, [captured], known('PARTIAL_CHARGED', 1_000), 'differs'],
    ['capture in doubt, and taken there', captureClaimed, [authorized], known('CHARGED'), 'settled'],
    ['capture in doubt, and less there', captureClaimed, [authorized], known('CHARGED', 400), 'differs'],
    ['capture in doubt, and not taken there', captureClaimed, [authorized], known('AUTHORIZED'), 'settled'],
    ['capture in doubt and open, not taken', open(captureClaimed), [], known('AUTHORIZED'), 'unknown'],
    [
      'second capture in doubt, one there',
      captureClaimed,
      [captured],
      known('PARTIAL_CHARGED', 1_000),
      'settled',
    ],
    ['second capture in doubt, both there', captureClaimed, [captured], known('CHARGED', 2_000), 'settled'],
    [
      'second capture in doubt, another sum there',
      captureClaimed,
      [captured],
      known('CHARGED', 1_700),
      'differs',
    ],
    ['second capture in doubt, no sum told', captureClaimed, [captured], known('CHARGED'), 'unknown'],
    [
      'two captures in doubt, and one there',
      captureClaimed,
      [captureClaimed],
      known('CHARGED', 1_000),
      'unknown',
    ],
    ['capture refused, and taken there', captureRefused, [authorized], known('CHARGED'), 'differs'],
    ['capture refused after one that was not', captureRefused, [captured], known('CHARGED', 1_000), 'agrees'],
    ['voided, and voided there', voided, [authorized], known('VOIDED'), 'agrees'],
    ['voided, and charged there', voided, [authorized], known('CHARGED'), 'differs'],
    ['voided, of which a part was captured', voided, [captured], known('PARTIAL_CHARGED', 400), 'agrees'],
    [
      'void in doubt, of which a part was captured',
      voidClaimed,
      [captured],
      known('PARTIAL_CHARGED'),
      'unknown',
    ],
    ['void in doubt, and voided there', voidClaimed, [authorized], known('VOIDED'), 'settled'],
    ['void in doubt, and held there', voidClaimed, [authorized], known('AUTHORIZED'), 'settled'],
    [
      'void in doubt and open, and held there',
      open(voidClaimed),
      [authorized],
      known('AUTHORIZED'),
      'unknown',
    ],
    ['reversed, and charged there', reversed, [charged], known('CHARGED'), 'differs'],
    ['refunded, and refunded there', refunded, [], known('REFUND_SUCCESS', 1_000), 'agrees'],
    ['refunded, and another amount there', refunded, [], known('REFUND_SUCCESS', 100), 'differs'],
    ['refunded, and not there', refunded, [], known('REFUND_FAILURE'), 'differs'],
    ['refund refused, and given back there', refundRefused, [], known('REFUND_SUCCESS'), 'differs'],
    ['refund in doubt, and given back there', refundClaimed, [], known('REFUND_SUCCESS'), 'settled'],
    ['refund in doubt, and less there', refundClaimed, [], known('REFUND_SUCCESS', 1), 'differs'],
    ['refund in doubt, and not yet decided', refundClaimed, [], known('REFUND_PENDING'), 'unknown'],
    ['refund in doubt, and not known there', refundClaimed, [], NOT_KNOWN, 'unknown'],
    ['whatever it is, and nobody asked', charged, [], { kind: 'not_asked', why: 'no worker' }, 'cannot_ask'],
    ['whatever it is, and nothing told', declined, [], { kind: 'untold', why: 'too busy' }, 'unknown'],
  ])('%s', (_, operation, others, state, verdict) => {
    const all = [operation, ...others.map((other) => ({ ...other }))];
    expect(judge(operation, all, state).verdict).toBe(verdict);
  });

  it('do not differ over a step that a later one of the same payment followed', () => {
    const redirected = one('authorize', 'doubt', 'AUTHENTICATION_PENDING');
    const completed = one('authorize', 'yes', 'CHARGED', { key: 'authorize:att_1:complete:x' });
    expect(judge(redirected, [redirected, completed], known('CHARGED', 1_000))).toMatchObject({
      verdict: 'agrees',
    });
    expect(judge(redirected, [redirected], known('AUTHENTICATION_PENDING'))).toMatchObject({
      verdict: 'agrees',
    });
    expect(judge(redirected, [redirected], known('CHARGED', 1_000))).toMatchObject({ verdict: 'settled' });
  });

  it('differ in the currency, too', () => {
    const state = {
      kind: 'known',
      status: 'REFUND_SUCCESS',
      amount: { minorAmount: 1_000, currency: 'USD' },
    } as const;
    expect(judge(refunded, [refunded], state)).toMatchObject({
      verdict: 'differs',
      amount: { ledger: eur(1_000), processor: { minorAmount: 1_000, currency: 'USD' } },
    });
  });
});
