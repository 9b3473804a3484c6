/** The connector: NatsBridge and its configuration. */

export type { CancelSignal } from '@nats-bridge/messaging';
export { AUDIT_STREAM, type AuditEntry, QUEUE_STREAM, type Queue } from '@nats-bridge/protocol';
export type { SpanTemplate, TraceSpan, Tracing } from '@nats-bridge/tracing';
export type { Approvals } from './approvals/approvals.js';
export type { Proposal } from './approvals/proposal.js';
export { createWaitingApprovals } from './approvals/waiting-approvals.js';
export type { ArchiveFilter } from './archive/archived-requests.js';
export {
  type PublishReplayOptions,
  publishReplay,
  REPLAY_HEADER,
  ReplayStoppedError,
} from './archive/publish-replay.js';
export {
  REPLAY_OUTCOMES,
  type ReplayedRequest,
  type ReplayFilter,
  type ReplayOutcome,
  replayedRequests,
} from './archive/replay.js';
export { assertReplaySubject } from './archive/replay-target.js';
export { isAuditSigned, readAudit, readChain, type StoredEntry, writeAudit } from './audit/audit.js';
export { exportRecords, importRecords } from './audit/exported-records.js';
export { keepNotary, type Notary, type NotaryOptions } from './audit/notary.js';
export { type AuditVerification, verifyAudit } from './audit/verify-audit.js';
export {
  compareRecords,
  type RecordsReading,
  type RecordsUnread,
  readRecords,
} from './audit/verify-records.js';
export {
  type BackupEntry,
  listBackups,
  removeOldest,
} from './backup/backup-folder.js';
export { type CreatedBackup, createBackup } from './backup/create-backup.js';
export type { BackupManifest, StreamInBackup } from './backup/manifest.js';
export type { Doubts } from './backup/mark-doubts.js';
export { type Restored, restoreBackup } from './backup/restore-backup.js';
export { planRestore, type RestorePlan } from './backup/restore-plan.js';
export { type BackupReport, verifyBackup } from './backup/verify-backup.js';
export {
  type BridgeConfig,
  type BridgeConfigInput,
  bridgeConfigSchema,
  poolOf,
  subjectTemplateOf,
  timeoutOf,
} from './config/bridge-config.js';
export { ConfigError, type ConfigProblem } from './config/config-error.js';
export { bridgeConfigWarnings } from './config/config-warnings.js';
export { natsAccessOf } from './config/connection-options.js';
export { duration, durationMs } from './config/duration.js';
export { type ConfigSections, type ConfigSource, isNamed, loadConfig } from './config/load-config.js';
export { readableFile } from './config/readable-file.js';
export { secretText } from './config/secret-text.js';
export type { DeadLetter, NewDeadLetter } from './dead-letters/dead-letter.js';
export {
  type Acted,
  createDeadLetters,
  type DeadLetters,
} from './dead-letters/dead-letters.js';
export { type Keeper, type KeeperOptions, keepDeadLetters } from './dead-letters/keeper.js';
export type { Actor, Settled } from './dead-letters/letter-action.js';
export type { LetterFilter } from './dead-letters/letter-filter.js';
export { createLetterIndex, type LetterIndex, type LetterSummary } from './dead-letters/letter-index.js';
export { type BulkResult, retryMany } from './dead-letters/retry-many.js';
export { DurabilityUnmetError } from './durability-unmet-error.js';
export type { CallMarks } from './exchange.js';
export type { BrokerFigures, WorkerFigures } from './figures.js';
export type { LateAnswers } from './late-answers/late-answers.js';
export { callOf, type LateNote } from './late-answers/late-note.js';
export type { Deliver, Pusher } from './late-answers/push-settled.js';
export type { Settlement } from './late-answers/settlement.js';
export type { Ledger, LedgerEntry } from './ledger/ledger.js';
export { fieldsOf } from './logging/call-line.js';
export { eventLine, letterLine } from './logging/event-line.js';
export { createBridgeLogging, logBridge } from './logging/log-bridge.js';
export { type LogQuery, readLog } from './logging/read-log.js';
export {
  type BridgeEvent,
  type BridgeStats,
  type CallOptions,
  NatsBridge,
  type NatsBridgeOptions,
} from './nats-bridge.js';
export {
  type CallIds,
  type CallResult,
  idsOf,
  type Observation,
  type Observe,
  type Route,
} from './observation.js';
export type { Money } from './payments/money.js';
export type { OperationView } from './payments/operation-view.js';
export { type HistoryEvent, readPaymentHistory } from './payments/payment-history.js';
export {
  createPaymentIndex,
  type PaymentIndex,
  type PaymentIndexOptions,
  type PaymentPage,
  type PaymentQuery,
} from './payments/payment-index.js';
export { createReadRequested, type ReadRequested, type Requested } from './payments/read-requested.js';
export { type ShownMessage, showRequest, showStored } from './payments/stored-body.js';
export { findWorkersThere, type WorkersThere } from './presence/workers-there.js';
export { describeRateLimits, type RateLimitUse } from './rate-limits/rate-limits.js';
export type { Reconciled } from './reconciliation/judge.js';
export {
  type Finding,
  type ReconcileFilter,
  type ReconcileOptions,
  reconcile,
} from './reconciliation/reconcile.js';
export { RestoreUnfinishedError } from './restore-unfinished-error.js';
export { describeRoutes } from './route.js';
export type { RefusedReply } from './signing/bridge-signing.js';
export { mirrorsOf } from './standby/mirrors.js';
export { domainHere, isPrimaryThere } from './standby/primary.js';
export { type Mirror, readStandby, type Standby } from './standby/read-standby.js';
export { StandbyError } from './standby/standby-error.js';
export {
  planStepDown,
  type StepDownPlan,
  type SteppedDown,
  stepDown,
  type Unheard,
} from './standby/step-down.js';
export {
  planTakeOver,
  type TakenOver,
  type TakeOverPlan,
  takeOver,
} from './standby/take-over.js';
export { archiveNameOf, consumerNameOf, LATE_CONSUMER, topologyOf, workConsumersOf } from './topology.js';
