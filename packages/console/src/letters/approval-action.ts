/** Actions that may need a second person, in words, and who may agree to them. */
import type { Proposal, Role } from '../api/types.js';

type Action = Proposal['action'];

export const ACTION_WORDS: Readonly<Record<Action, string>> = {
  retry_unknown: 'send again what may have been carried out',
  edit: 'edit and send',
  resolve: 'resolve',
  discard: 'discard',
};

export const ROLE_FOR: Readonly<Record<Action, Role>> = {
  retry_unknown: 'admin',
  edit: 'admin',
  resolve: 'operator',
  discard: 'operator',
};
