/** Something that happened to a payment, and what it is called. */
import type { Payment } from '../api/types.js';

export type Moment = Payment['timeline'][number];

export const MOMENT_WORDS: Readonly<Record<Moment['kind'], string>> = {
  requested: 'requested',
  sent: 'announced',
  claimed: 'taken',
  answered: 'answered',
  said_again: 'said again',
  withdrawn: 'withdrawn',
  dead_letter: 'given up',
  action: 'a person acted',
  heard: 'caller heard',
  circuit: 'circuit',
};
