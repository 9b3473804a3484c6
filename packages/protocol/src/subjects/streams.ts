/** The streams beside the work stream, their consumers and subjects: what bridge, workers, commands and permissions share. */
import { DEFAULT_SUBJECT_ROOT, encodeToken, MAX_ID_LENGTH } from './subject.js';

/** Of the records: claims and answers, the ledger. */
export const RECORD_STREAM = 'OPERATIONS';

/** Of the notes of calls that ended in doubt. */
export const LATE_STREAM = 'LATE_ANSWERS';

/** Of the lines of the log. */
export const LOG_STREAM = 'LOGS';

/** The object store of bodies that are larger than the server's max_payload; `X-Body-Ref` names one. */
export const BODY_BUCKET = 'hyperswitch-bodies';

/** Where a dead letter lies: `interventions` for money that may have moved, which only a person can settle. */
export type Queue = 'dead_letters' | 'interventions';

/** Holds the notices until a bridge has made letters of them, so that none is missed while no bridge runs. */
export const NOTICE_STREAM = 'DELIVERY_NOTICES';
/** The durable consumer of the notices that all bridges share. */
export const NOTICE_CONSUMER = 'dead-letter-keeper';

export const QUEUE_STREAM: Readonly<Record<Queue, string>> = {
  dead_letters: 'DEAD_LETTERS',
  interventions: 'INTERVENTIONS',
};
const QUEUE_TOKEN: Readonly<Record<Queue, string>> = { dead_letters: 'dlq', interventions: 'interventions' };

export const AUDIT_STREAM = 'AUDIT';
export const AUDIT_PATTERN = `${DEFAULT_SUBJECT_ROOT}.audit.>`;

/** What people did: `hyperswitch.audit.{action}`. */
export function auditSubject(action: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.audit.${encodeToken(action)}`;
}

/** Actions that wait for a second person, or did; only where some need one. */
export const APPROVAL_STREAM = 'APPROVALS';
export const APPROVAL_PATTERN = `${DEFAULT_SUBJECT_ROOT}.approvals.>`;

/** What was proposed for one letter: `hyperswitch.approvals.dlq.{seq}`, or `….interventions.{seq}`. */
export function approvalSubject(queue: Queue, seq: number): string {
  return `${DEFAULT_SUBJECT_ROOT}.approvals.${QUEUE_TOKEN[queue]}.${seq}`;
}

/** What a gateway sees that somebody should look at: `hyperswitch.alerts.{name}`, when it begins and when it ends. */
export function alertSubject(name: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.alerts.${encodeToken(name)}`;
}

export const ALERT_PATTERN = `${DEFAULT_SUBJECT_ROOT}.alerts.*`;

/** Holds the subjects of requests while a backup is restored, so that no bridge begins before that is done. */
export const RESTORE_STREAM = 'RESTORE';

/** What a bridge tells the others of calls that it let through its rate limits; not stored. */
export function limitSubject(bridge: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.limits.${encodeToken(bridge)}`;
}

export const LIMIT_PATTERN = `${DEFAULT_SUBJECT_ROOT}.limits.*`;

/** `hyperswitch.dlq.{merchant_id}.{operation}`, or `hyperswitch.interventions.…`. */
export function letterSubject(queue: Queue, merchantId: string, operation: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.${QUEUE_TOKEN[queue]}.${tokenOf(merchantId)}.${tokenOf(operation)}`;
}

export function letterPattern(queue: Queue): string {
  return `${DEFAULT_SUBJECT_ROOT}.${QUEUE_TOKEN[queue]}.>`;
}

/** A letter may be of a request that was no good at all. */
function tokenOf(id: string): string {
  return id.length > MAX_ID_LENGTH ? 'unknown' : encodeToken(id.toWellFormed());
}

/** Sources the stream of requests, which lets go of what can no longer be executed: history, replay and audit. */
export function archiveOf(stream: string): string {
  return `${stream}_ARCHIVE`;
}

/** The durable consumers of a pool of workers are named `{this}-{operation}`. */
export function poolConsumer(consumer: string, pool: string | undefined): string {
  return pool === undefined ? consumer : `${consumer}-${pool}`;
}
