/** Subjects: built from ids that are never trusted, and parsed back to the same ids. */
import { ValidationError } from '../bridge-error.js';
import type { Operation } from '../operation-catalogue.js';

/** Longest id, in characters, that becomes a subject token. Hyperswitch's own ids stay under 64. */
export const MAX_ID_LENGTH = 255;

const PLAIN = /^[A-Za-z0-9_:@=+,;~-]+$/;
const ENCODED = /%[0-9A-F]{2}/;

/**
 * Makes one subject token of an id. Letters, digits and `_-:@=+,;~` stay; every other byte of its UTF-8 form
 * becomes `%XX`, so that no id can add a token or a wildcard.
 *
 * @throws ValidationError when the id is empty or longer than {@link MAX_ID_LENGTH}.
 */
export function encodeToken(id: string, what = 'id'): string {
  if (id.length === 0)
    throw new ValidationError(`${what} is empty; send a value of 1 to ${MAX_ID_LENGTH} characters`);
  if (id.length > MAX_ID_LENGTH)
    throw new ValidationError(
      `${what} has ${id.length} characters; at most ${MAX_ID_LENGTH} are allowed in a NATS subject token`,
    );
  if (PLAIN.test(id)) return id;
  if (!id.isWellFormed()) throw new ValidationError(`${what} is not well-formed Unicode`);
  let token = '';
  for (const byte of Buffer.from(id, 'utf8')) {
    const character = String.fromCharCode(byte);
    token += byte < 0x80 && PLAIN.test(character) ? character : escapeByte(byte);
  }
  return token;
}

/** The id that {@link encodeToken} made a token of; a token that it cannot have made is taken as it is. */
export function decodeToken(token: string): string {
  if (!ENCODED.test(token)) return token;
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** A subject with `{merchant_id}` (and perhaps `{connector}`) in it, as in the specification's configuration. */
export type SubjectTemplate = string;

export const DEFAULT_SUBJECT_ROOT = 'hyperswitch';

/** The specification's subject of an operation, as a template. */
export function defaultSubjectTemplate(operation: Operation): SubjectTemplate {
  return `${DEFAULT_SUBJECT_ROOT}.payments.{merchant_id}.${operation}`;
}

/** Payment requests of a merchant, in whatever pool, on the specification's subjects; left out: of all merchants. */
export function paymentPattern(merchantId?: string): string {
  const root = `${DEFAULT_SUBJECT_ROOT}.payments`;
  return merchantId === undefined ? `${root}.>` : subjectFor(`${root}.{merchant_id}.>`, merchantId);
}

export function subjectFor(template: SubjectTemplate, merchantId: string): string {
  return template.replace('{merchant_id}', encodeToken(merchantId, 'merchant_id'));
}

/**
 * The template of merchants that a pool of workers has for itself. One token longer, so that no consumer of the
 * general pool takes it.
 */
export function poolTemplate(template: SubjectTemplate, pool: string | undefined): SubjectTemplate {
  return withPool(template, pool);
}

/** The wildcard subject that workers of an operation subscribe to. */
export function subjectPattern(template: SubjectTemplate): string {
  return template.replace('{merchant_id}', '*');
}

/** The specification's subject of webhooks, whatever is to be done with them. */
export const WEBHOOK_TEMPLATE: SubjectTemplate = `${DEFAULT_SUBJECT_ROOT}.webhooks.{merchant_id}.{connector}`;

/** @param pool of merchants that have one */
export function webhookSubject(merchantId: string, connector: string, pool?: string): string {
  const subject = subjectFor(WEBHOOK_TEMPLATE, merchantId);
  return withPool(subject.replace('{connector}', encodeToken(connector, 'connector')), pool);
}

/** What workers subscribe to for webhooks of every connector: of merchants of a pool, or of all that have none. */
export function webhookPattern(pool?: string): string {
  return withPool(subjectPattern(WEBHOOK_TEMPLATE).replace('{connector}', '*'), pool);
}

const RECORD_ROOT = `${DEFAULT_SUBJECT_ROOT}.operations.`;
export const RECORD_PATTERN = `${RECORD_ROOT}>`;

/** Of keys that no operation begins. */
const NO_OPERATION = '_';

/**
 * Claim and answer of one idempotency key: the durable reply, the guard's record and the ledger's entry. The
 * operation that begins the key is a token of its own, so that permissions can name it.
 */
export function recordSubject(merchantId: string, idempotencyKey: string): string {
  const colon = idempotencyKey.indexOf(':');
  const operation = colon < 1 ? NO_OPERATION : idempotencyKey.slice(0, colon);
  const rest = colon < 1 ? idempotencyKey : idempotencyKey.slice(colon + 1);
  return `${RECORD_ROOT}${encodeToken(merchantId, 'merchant_id')}.${encodeToken(operation, 'operation')}.${encodeToken(rest, 'idempotency key')}`;
}

/** Whether answers there are records, which the guard writes. */
export function isRecordSubject(subject: string | undefined): subject is string {
  return subject?.startsWith(RECORD_ROOT) ?? false;
}

/** Reads a record's subject back; undefined when it is none. */
export function parseRecordSubject(
  subject: string,
): { readonly merchantId: string; readonly idempotencyKey: string } | undefined {
  const [root, kind, merchant, operation, rest, ...more] = subject.split('.');
  if (root !== DEFAULT_SUBJECT_ROOT || kind !== 'operations' || more.length > 0) return undefined;
  if (!merchant || !operation || !rest) return undefined;
  const key = decodeToken(rest);
  return {
    merchantId: decodeToken(merchant),
    idempotencyKey: operation === NO_OPERATION ? key : `${decodeToken(operation)}:${key}`,
  };
}

/** The records of a merchant and an operation; left out: of all. */
export function recordPattern(merchantId?: string, operation?: Operation): string {
  return `${RECORD_ROOT}${tokenOrAll(merchantId)}.${operation ?? '*'}.*`;
}

/**
 * Where a bridge awaits the answer to a request that has no record. Not its inbox: who may publish there could
 * answer other merchants' requests.
 *
 * @param bridge names the instance that waits
 */
export function answerSubject(
  merchantId: string,
  operation: string,
  bridge: string,
  correlationId: string,
): string {
  return `${DEFAULT_SUBJECT_ROOT}.answers.${encodeToken(merchantId, 'merchant_id')}.${encodeToken(operation)}.${encodeToken(bridge)}.${encodeToken(correlationId)}`;
}

/** Those answers, of a merchant, of an operation, or to one bridge; left out: all of them. */
export function answerPattern(
  of: { readonly merchantId?: string; readonly operation?: Operation; readonly bridge?: string } = {},
): string {
  return `${DEFAULT_SUBJECT_ROOT}.answers.${tokenOrAll(of.merchantId)}.${of.operation ?? '*'}.${tokenOrAll(of.bridge)}.*`;
}

/** The note of a call that ended in doubt: what is needed to push its answer when it comes. */
export function lateSubject(merchantId: string, idempotencyKey: string): string {
  return `${DEFAULT_SUBJECT_ROOT}.late.${encodeToken(merchantId, 'merchant_id')}.${encodeToken(idempotencyKey, 'idempotency key')}`;
}

export const LATE_PATTERN = `${DEFAULT_SUBJECT_ROOT}.late.>`;

/** The notes alone. */
export const LATE_NOTE_PATTERN = `${DEFAULT_SUBJECT_ROOT}.late.*.*`;

/** How far the records were looked through for operations that nobody will answer any more; beside the notes. */
export const LOOKED_SUBJECT = `${DEFAULT_SUBJECT_ROOT}.late.looked`;

/** Workers that keep no records answer here, so that a missing worker is noticed before a request is stored. */
export function aliveSubject(operation: Operation, pool?: string): string {
  return withPool(`${DEFAULT_SUBJECT_ROOT}.workers.alive.${operation}`, pool);
}

/** Workers that run under the guard (the SDK's) answer here: they claim the record of a key before they begin. */
export function guardedSubject(operation: Operation, pool?: string): string {
  return withPool(`${DEFAULT_SUBJECT_ROOT}.workers.guarded.${operation}`, pool);
}

export type ParsedPaymentSubject = { readonly merchantId: string; readonly operation: string };

/** Reads merchant and operation out of a default payment subject, a pool's too; undefined when it is none. */
export function parsePaymentSubject(subject: string): ParsedPaymentSubject | undefined {
  const tokens = subject.split('.');
  const [root, channel, merchant, operation] = tokens;
  if (tokens.length < 4 || tokens.length > 5 || root !== DEFAULT_SUBJECT_ROOT || channel !== 'payments')
    return undefined;
  if (!merchant || !operation) return undefined;
  return { merchantId: decodeToken(merchant), operation };
}

function withPool(subject: string, pool: string | undefined): string {
  return pool === undefined ? subject : `${subject}.${encodeToken(pool, 'pool')}`;
}

function tokenOrAll(id: string | undefined): string {
  return id === undefined ? '*' : encodeToken(id);
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
