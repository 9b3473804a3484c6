/** The wire contract of NATS Bridge. */

export { AUDIT_ACTIONS, type AuditAction } from './audit/audit-actions.js';
export {
  type AuditEntry,
  type ChainedEntry,
  type ChainProblem,
  type ChainReport,
  chainEntry,
  createChainVerifier,
  isAuditEntry,
  isChainedEntry,
  type SignHash,
  verifyChain,
} from './audit/audit-chain.js';
export {
  digestRecord,
  NOTARY,
  PEOPLE_PATTERN,
  type RecordDigest,
  recordBatchEntry,
  recordBatchOf,
  recordBatchSubject,
} from './audit/audit-records.js';
export { checkRecords, type RecordReport, type StreamLook } from './audit/check-records.js';
export {
  BridgeError,
  type BridgeErrorCode,
  ERROR_CODES,
  type Phase,
  ValidationError,
} from './bridge-error.js';
export { withoutCardNumbers } from './card-number.js';
export { asyncApi } from './contract/async-api.js';
export { jsonSchemas } from './contract/json-schemas.js';
export {
  invalidReply,
  type Outcome,
  type OutcomeError,
  outcomeOfError,
  outcomeOfReply,
} from './hyperswitch/outcome.js';
export { saysFailed, statusNames } from './hyperswitch/status.js';
export { readUcsMetadata, type UcsMetadata, ucsMetadataOf } from './hyperswitch/ucs-metadata.js';
export { replyOfUcsResponse } from './hyperswitch/ucs-reply.js';
export { routerDataFromUcs, ucsMethodOf } from './hyperswitch/ucs-request.js';
export { mandateFields, type UcsAnswer, ucsResponse } from './hyperswitch/ucs-response.js';
export {
  aliasOf,
  idempotencyKey,
  isKeyOfTenant,
  keyBeforeReturn,
  keyOfAlias,
  operationInKey,
} from './idempotency-key.js';
export { isoTime } from './iso-time.js';
export {
  APPROVABLE,
  APPROVAL_STATES,
  type Approvable,
  type ApprovalEvent,
  type ApprovalFacts,
  type ApprovalState,
  isOpenApproval,
  stepApproval,
} from './life/approval.js';
export { type DoubtFacts, decideDoubt } from './life/doubt.js';
export { fingerprintOf, shortHashOf } from './life/fingerprint.js';
export { type GuardedDelivery, guardDelivery } from './life/guard.js';
export {
  bodyOf,
  isConclusion,
  type NewRecord,
  type OperationRecord,
  parseRecord,
  RECORD_HEADER,
  type RecordState,
  recordHeaders,
  stateOf,
} from './life/record.js';
export { VERDICT_ADVICE, type Verdict, verdictOf } from './life/verdict.js';
export { decideWithdrawal } from './life/withdrawal.js';
export {
  LOG_LEVELS,
  LOG_MODULES,
  LOG_PATTERN,
  type LogEntry,
  type LogLevel,
  type LogModule,
  logPattern,
  logSubject,
  MAX_LOG_BYTES,
  MAX_LOG_MESSAGE,
  parseLogEntries,
} from './log-entry.js';
export { makeFolder } from './make-folder.js';
export { maskAnswer, maskPatch, maskRequest } from './mask.js';
export { mergePatch } from './merge-patch.js';
export { checkRouterData, isCurrency } from './message/check-router-data.js';
export { type ContentType, decodeBody, decodeMessage, encodeBody } from './message/encoding.js';
export {
  buildRequestHeaders,
  deadlineIn,
  decodeHeaderValue,
  encodeHeaderValue,
  HEADER,
  type Headers,
  headerText,
  isOfKey,
  PAST_TTL_HEADER,
  parseRequestHeaders,
  type RequestHeaders,
  retryIn,
  saysRefusal,
  TTL_HEADER,
} from './message/headers.js';
export { type BridgeRequest, parseRequest } from './message/request.js';
export { type BridgeResponse, bridgeResponseSchema, parseResponse } from './message/response.js';
export { connectorAuthTypeSchema, type RouterData } from './message/router-data.js';
export { isSealed, replyContext, requestContext, SEALED_TYPE } from './message/sealing-context.js';
export {
  type ReplyPlace,
  signedReplyText,
  signedRequestText,
  signedWithdrawalText,
} from './message/signed-text.js';
export type { StoredRecord } from './message/stored-record.js';
export { nearestNames } from './nearest-names.js';
export { oldestBeyond } from './oldest-beyond.js';
export {
  isOperation,
  isReturn,
  movesMoney,
  OPERATIONS,
  type Operation,
  type OperationRow,
  operationOfMethod,
  operationRow,
  type StatusKind,
} from './operation-catalogue.js';
export { PassingMap } from './passing-map.js';
export { Secret } from './secret.js';
export { inSnakeCase } from './snake-case.js';
export {
  ALERT_PATTERN,
  APPROVAL_PATTERN,
  APPROVAL_STREAM,
  AUDIT_PATTERN,
  AUDIT_STREAM,
  alertSubject,
  approvalSubject,
  archiveOf,
  auditSubject,
  BODY_BUCKET,
  LATE_STREAM,
  LIMIT_PATTERN,
  LOG_STREAM,
  letterPattern,
  letterSubject,
  limitSubject,
  NOTICE_CONSUMER,
  NOTICE_STREAM,
  poolConsumer,
  QUEUE_STREAM,
  type Queue,
  RECORD_STREAM,
  RESTORE_STREAM,
} from './subjects/streams.js';
export {
  aliveSubject,
  answerPattern,
  answerSubject,
  DEFAULT_SUBJECT_ROOT,
  decodeToken,
  defaultSubjectTemplate,
  encodeToken,
  guardedSubject,
  isRecordSubject,
  LATE_NOTE_PATTERN,
  LATE_PATTERN,
  LOOKED_SUBJECT,
  lateSubject,
  MAX_ID_LENGTH,
  parsePaymentSubject,
  parseRecordSubject,
  paymentPattern,
  poolTemplate,
  RECORD_PATTERN,
  recordPattern,
  recordSubject,
  type SubjectTemplate,
  subjectFor,
  subjectPattern,
  WEBHOOK_TEMPLATE,
  webhookPattern,
  webhookSubject,
} from './subjects/subject.js';
export { covers, isLiteral, matches, overlaps } from './subjects/subject-match.js';
export { decodeUcs, encodeKnownUcs, encodeUcs } from './ucs/codec.js';
export { UcsDecodeError, UcsEncodeError } from './ucs/codec-error.js';
export type { JsonObject } from './ucs/json.js';
export { UCS_METHODS, UCS_SOURCE, type UcsMethod, ucsEnum, ucsFieldNames, ucsFields } from './ucs/schema.js';
export { within } from './within.js';
export { describeIssues } from './zod-issues.js';
