/** The inside of a worker, for the simulation: it hands requests to it on virtual time. Not part of the SDK. */
export { type HandleStoredOptions, handleStored } from './handle-stored.js';
export { createHeartbeat } from './heartbeat.js';
export { scopeOf } from './scope.js';
export { NO_SEALING } from './sealing.js';
