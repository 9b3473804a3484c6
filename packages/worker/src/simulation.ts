/** The inside of a worker, for the simulation and the fault run. Not part of the SDK. */
export { type HandleStoredOptions, handleStored } from './requests/handle-stored.js';
export { createHeartbeat } from './requests/heartbeat.js';
export { scopeOf } from './requests/scope.js';
export { NO_SEALING } from './sealing/sealing.js';
export { composeWorker } from './worker.js';
