/** The connector: NatsBridge, its configuration, and what people do with what it left behind. */

/** The bridge, and a call: what it takes, what becomes of it, and what is thrown instead. */

export {
  BridgeError,
  type BridgeErrorCode,
  type BridgeResponse,
  type Operation,
  type Outcome,
  type OutcomeError,
  type RouterData,
  ValidationError,
} from '@nats-bridge/protocol';
export type { BridgeEvent } from './bridge-event.js';
export type { BridgeStats } from './bridge-parts.js';
export type { CallOptions } from './call/exchange-of.js';
export { NatsBridge, type NatsBridgeOptions } from './nats-bridge.js';
export { DurabilityUnmetError } from './preparation/durability-unmet-error.js';
export { RestoreUnfinishedError } from './preparation/restore-unfinished-error.js';
export type { RefusedReply } from './signing/bridge-signing.js';
export { StandbyError } from './standby/standby-error.js';

/** A connection of one's own, which bridges and workers of a program may share; and what events say of NATS. */

export {
  type CancelSignal,
  type Connection,
  type ConnectionOptions,
  createConnection,
  type Durability,
  type LateReply,
  NotConnectedError,
  type Overlap,
  PlaintextRefusedError,
  type StrayReply,
  type TopologyChange,
} from '@nats-bridge/messaging';

/** The configuration: as a value, as TOML and environment variables, and what follows from it. */

export * from './configuration.js';

/** What is seen of calls, broker and workers while they run, and how it is logged and traced. */

export type { SpanTemplate, TraceSpan, Tracing } from '@nats-bridge/tracing';
export type { CallMarks, Route } from './call/exchange.js';
export {
  type CallIds,
  type CallResult,
  idsOf,
  type Observation,
  type Observe,
} from './call/observation.js';
export type { BrokerFigures, WorkerFigures } from './figures.js';
export { fieldsOf } from './logging/call-line.js';
export { eventLine, letterLine } from './logging/event-line.js';
export { createBridgeLogging, logBridge } from './logging/log-bridge.js';
export { type LogQuery, readLog } from './logging/read-log.js';
export { findWorkersThere, type WorkersThere } from './presence/workers-there.js';

/** Payments, out of what the streams keep: records, history, and answers that came late. */

export type { LateAnswers } from './late-answers/late-answers.js';
export { callOf, type LateNote } from './late-answers/late-note.js';
export type { Deliver, Pusher } from './late-answers/push-settled.js';
export type { Settlement } from './late-answers/settlement.js';
export type { Ledger, LedgerEntry } from './ledger/ledger.js';
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
export { type ShownOperation, shownOperation } from './payments/shown-operation.js';
export { type ShownMessage, showRequest, showStored } from './payments/stored-body.js';

/** Letters of what was given up, what people do with them, and what waits for a second person. */

export type { Queue } from '@nats-bridge/protocol';
export type { Approvals } from './approvals/approvals.js';
export { type Proposal, parseProposalId } from './approvals/proposal.js';
export {
  type ShownActed,
  type ShownProposal,
  shownActed,
  shownProposal,
} from './approvals/shown-proposal.js';
export { createWaitingApprovals } from './approvals/waiting-approvals.js';
export type { DeadLetter, NewDeadLetter } from './dead-letters/dead-letter.js';
export { type Acted, createDeadLetters, type DeadLetters } from './dead-letters/dead-letters.js';
export { type Keeper, type KeeperOptions, keepDeadLetters } from './dead-letters/keeper.js';
export type { Actor, Settled } from './dead-letters/letter-action.js';
export type { LetterFilter } from './dead-letters/letter-filter.js';
export { createLetterIndex, type LetterIndex, type LetterSummary } from './dead-letters/letter-index.js';
export { LETTER_NAME, type LetterPlace, letterName, parseLetterName } from './dead-letters/letter-name.js';
export { type BulkResult, type PlanOptions, planRetry } from './dead-letters/plan-retry.js';
export { type RetryOptions, type RetryStep, retryEach } from './dead-letters/retry-each.js';
export { type BulkOptions, retryMany } from './dead-letters/retry-many.js';
export { type ShownLetter, shownLetter } from './dead-letters/shown-letter.js';
export {
  type ShownRetry,
  type ShownRetryPlan,
  shownRetry,
  shownRetryPlan,
} from './dead-letters/shown-retry.js';

/** The audit: what people did, and whether it and the records of payments are whole. */

export type { AuditEntry } from '@nats-bridge/protocol';
export { type AuditedAct, writeAudit } from './audit/audit.js';
export { exportRecords, importRecords } from './audit/exported-records.js';
export { keepNotary, type Notary, type NotaryOptions } from './audit/notary.js';
export {
  isAuditSigned,
  parseEntry,
  type ReadEntry,
  readAudit,
  readChain,
  type StoredEntry,
} from './audit/read-audit.js';
export {
  type ShownChain,
  type ShownEntry,
  type ShownRecords,
  shownChain,
  shownEntry,
  shownRecords,
} from './audit/shown-audit.js';
export { type AuditVerification, verifyAudit } from './audit/verify-audit.js';
export {
  compareRecords,
  type RecordsReading,
  type RecordsUnread,
  readRecords,
} from './audit/verify-records.js';

/** Requests of the past: published again for whoever counts them, and compared with what processors say. */

export type { ArchiveFilter } from './archive/archived-requests.js';
export { type PublishReplayOptions, publishReplay, ReplayStoppedError } from './archive/publish-replay.js';
export {
  REPLAY_OUTCOMES,
  type ReplayedRequest,
  type ReplayFilter,
  type ReplayOutcome,
  replayedRequests,
} from './archive/replay.js';
export { assertReplaySubject } from './archive/replay-target.js';
export type { Reconciled } from './reconciliation/judge.js';
export {
  type Finding,
  type ReconcileFilter,
  type ReconcileOptions,
  reconcile,
} from './reconciliation/reconcile.js';

/** The streams as files, and as mirrors in another region. */

export { type BackupEntry, listBackups, removeOldest } from './backup/backup-folder.js';
export { type CreatedBackup, createBackup } from './backup/create-backup.js';
export type { BackupManifest, StreamInBackup } from './backup/manifest.js';
export type { Doubts } from './backup/mark-doubts.js';
export { type Restored, restoreBackup } from './backup/restore-backup.js';
export { planRestore, type RestorePlan } from './backup/restore-plan.js';
export { type BackupReport, verifyBackup } from './backup/verify-backup.js';
export { mirrorsOf } from './standby/mirrors.js';
export { planStepDown, type StepDownPlan, type Unheard } from './standby/plan-step-down.js';
export { domainHere, isPrimaryThere } from './standby/primary.js';
export { type Mirror, readStandby, type Standby } from './standby/read-standby.js';
export { type SteppedDown, stepDown } from './standby/step-down.js';
export { planTakeOver, type TakenOver, type TakeOverPlan, takeOver } from './standby/take-over.js';
