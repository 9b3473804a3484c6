/** The answers of the admin API as types, for who asks it in TypeScript. */
import type { z } from 'zod';
import type * as installation from './installation.js';
import type * as letters from './letters.js';
import type * as logging from './log-levels.js';
import type * as overviews from './overview.js';
import type * as payments from './payments.js';

export type Session = z.infer<typeof installation.session>;
export type Alert = z.infer<typeof overviews.alert>;
export type SecondPoint = z.infer<typeof overviews.secondPoint>;
export type OperationFigures = z.infer<typeof overviews.operationFigures>;
export type Overview = Omit<z.infer<typeof overviews.overview>, 'series'>;
export type PaymentRow = z.infer<typeof payments.paymentRow>;
export type Payment = z.infer<typeof payments.payment>;
export type StoredMessage = z.infer<typeof installation.message>;
export type Letter = z.infer<typeof letters.letter>;
export type LetterDetail = z.infer<typeof letters.letterDetail>;
export type LetterPage = z.infer<typeof letters.letterPage>;
export type RetryPlan = z.infer<typeof letters.retryPlan>;
export type Job = z.infer<typeof letters.job>;
export type WorkersAnswer = z.infer<typeof installation.workers>;
export type StreamsAnswer = z.infer<typeof installation.streams>;
export type BreakersAnswer = z.infer<typeof installation.breakers>;
export type AuditPage = z.infer<typeof installation.auditPage>;
export type LogLevels = z.infer<typeof logging.logLevels>;
export type Settings = z.infer<typeof installation.settings>;
