/** The inside of a bridge, for the simulation. Not part of the library. */
export { watchDoubts } from './dead-letters/watch-doubts.js';
export { createWithdrawUnsent } from './ledger/withdraw-unsent.js';
