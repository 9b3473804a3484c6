/** What is sent through everything, and may be found nowhere. */
import { TEST_CARDS } from '@nats-bridge/sandbox';
import type { Mark } from './marks.js';

export const MARKED = {
  apiKey: 'sk_live_51MarkedSecretKey',
  holder: 'Zelda Markedname',
  cvc: 'cvc-7351-marked',
  /** Of a payment whose worker fails: it becomes a letter. */
  letterCard: '5200828282828210',
  /** Of a payment that is answered too late. */
  lateCard: '6011000990139424',
  /** Of an edit that waits for a second person. */
  patchCard: '2223000048400011',
} as const;

export const MARKS: readonly Mark[] = [
  ...TEST_CARDS.map(({ number }) => ({ name: `card ${number}`, value: number })),
  { name: 'card of the letter', value: MARKED.letterCard },
  { name: 'card of the late answer', value: MARKED.lateCard },
  { name: 'card of the patch', value: MARKED.patchCard },
  { name: 'api key', value: MARKED.apiKey },
  { name: 'cvc', value: MARKED.cvc },
  { name: 'holder', value: MARKED.holder },
];
