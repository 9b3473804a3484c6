/** Who may do what on NATS: roles as subjects, written as server configuration and credentials. */
export {
  AUTH_FILE,
  credentialsFile,
  forgetCredentials,
  hasAccess,
  issueCredentials,
  MONITOR,
  nobodyCalled,
  readAccess,
  removeAccess,
  SERVER_FILE,
  writeAccess,
  writeServerConfig,
} from './access-folder.js';
export {
  type AccessState,
  type NewWorker,
  PROOFS,
  type Proof,
  principalsOf,
  withMerchant,
  withWorker,
} from './access-state.js';
export { type AccountPlan, planAccounts } from './account-plan.js';
export { type AccessRow, accessRows } from './describe-access.js';
export { DOMAIN } from './jetstream-subjects.js';
export { ISSUED, type Issued } from './jwt-config.js';
export { DEFAULT_LAYOUT, type Layout } from './layout.js';
export { FIXED, type Pools, type Principal, type WorkerPrincipal } from './principal.js';
