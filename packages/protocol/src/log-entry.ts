/** A line of the log as it travels over NATS: its levels, modules, fields and subject. No body, no secret. */
import { z } from 'zod';
import { DEFAULT_SUBJECT_ROOT, decodeToken, encodeToken, MAX_ID_LENGTH } from './subjects/subject.js';

/** Each is worth more attention than the one before it. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line is about; each has a level of its own. Workers write under `worker`, and nothing else. */
export const LOG_MODULES = [
  'process',
  'calls',
  'breakers',
  'replies',
  'letters',
  'nats',
  'gateway',
  'worker',
] as const;
export type LogModule = (typeof LOG_MODULES)[number];

export const LOG_PATTERN = `${DEFAULT_SUBJECT_ROOT}.logs.>`;

/** Characters of a message; the rest is cut off. */
export const MAX_LOG_MESSAGE = 1_000;
/** Bytes of a message that the stream takes: of one line, or of several. */
export const MAX_LOG_BYTES = 8_192;

const id = z.string().max(MAX_ID_LENGTH).optional();
const name = z.string().max(128).optional();

const logEntrySchema = z.object({
  /** When it happened: ISO 8601, UTC. */
  time: z.iso.datetime(),
  level: z.enum(LOG_LEVELS),
  module: z.enum(LOG_MODULES),
  /** For people. */
  message: z.string().max(MAX_LOG_MESSAGE),
  /** Which process says so. */
  instance: z.string().max(255),
  /** For programs: `call_ended`, `breaker_changed` and the like. */
  event: name,
  operation: name,
  connector: name,
  /** Taken from the subject by who reads it, which permissions guard. */
  merchant_id: id,
  payment_id: id,
  attempt_id: id,
  /** The same on the bridge's lines and the worker's. */
  correlation_id: id,
  /** W3C, where the call is traced. */
  trace_id: name,
  /** How a call ended: an answer's status, `unknown` or `not_sent`. */
  result: name,
  /** One of the errors of the bridge, or the kind of a handler's error. */
  code: name,
  duration_ms: z.number().min(0).optional(),
  /** Which delivery of the request it was; 1 for the first. */
  delivery: z.int().min(1).optional(),
});

export type LogEntry = z.output<typeof logEntrySchema>;

/** In the place of a merchant, for lines that are about none. */
const NO_MERCHANT = '_';

/** `hyperswitch.logs.{module}.{level}.{merchant_id}`; without a merchant, `_`. */
export function logSubject({
  module,
  level,
  merchant_id,
}: Pick<LogEntry, 'module' | 'level' | 'merchant_id'>): string {
  return `${DEFAULT_SUBJECT_ROOT}.logs.${module}.${level}.${merchantToken(merchant_id)}`;
}

/** Lines of a module and of a merchant; left out: of every one. `merchantId` null: about no merchant. */
export function logPattern(
  of: { readonly module?: LogModule; readonly merchantId?: string | null } = {},
): string {
  const merchant = of.merchantId === undefined ? '*' : merchantToken(of.merchantId ?? undefined);
  return `${DEFAULT_SUBJECT_ROOT}.logs.${of.module ?? '*'}.*.${merchant}`;
}

/**
 * Reads the lines of a message: one, or several each with a line end. Module, level and merchant are the
 * subject's, because permissions say who may publish on it. What is no line is passed over.
 */
export function parseLogEntries(subject: string, body: Uint8Array): readonly LogEntry[] {
  const [root, channel, module, level, merchant, ...rest] = subject.split('.');
  if (root !== DEFAULT_SUBJECT_ROOT || channel !== 'logs' || merchant === undefined || rest.length > 0)
    return [];
  const about = { module, level, merchant_id: merchant === NO_MERCHANT ? undefined : decodeToken(merchant) };
  const lines = Buffer.from(body).toString().split('\n');
  return lines.map((line) => entryOf(line, about)).filter((entry) => entry !== undefined);
}

function entryOf(line: string, about: object): LogEntry | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields !== 'object' || fields === null) return undefined;
    return logEntrySchema.safeParse({ ...fields, ...about }).data;
  } catch {
    return undefined;
  }
}

function merchantToken(merchantId: string | undefined): string {
  if (!merchantId || merchantId.length > MAX_ID_LENGTH) return NO_MERCHANT;
  return encodeToken(merchantId.toWellFormed());
}
