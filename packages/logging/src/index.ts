/** Structured log lines, for the process itself and over NATS. */
export type { LevelSettings, Levels } from './levels.js';
export type { LogInput } from './log-line.js';
export { createLogging, type Logging, type LoggingOptions, type LogStats } from './logging.js';
export type { LineStyle } from './process-lines.js';
export { type Paint, readableLine } from './readable-line.js';
