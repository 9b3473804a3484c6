/** The `[nats_bridge.logging]` section: what is logged, and how much of it NATS keeps. */
import { LOG_LEVELS, LOG_MODULES, type LogLevel, type LogModule } from '@nats-bridge/protocol';
import { z } from 'zod';
import { duration } from './duration.js';

const level = z.enum(LOG_LEVELS);

const modules = z.strictObject(
  Object.fromEntries(LOG_MODULES.map((module) => [module, level.optional()])) as {
    [M in LogModule]: z.ZodOptional<z.ZodEnum<{ [L in LogLevel]: L }>>;
  },
);

export const loggingSchema = z
  .strictObject({
    /** Of every module that `modules` does not name. */
    level: level.default('info'),
    modules: modules.prefault({}),
    /** Publishes lines on `hyperswitch.logs.>`, and makes the stream that keeps them. */
    nats: z.boolean().default(true),
    /** How long the stream keeps a line. */
    max_age: duration.default('1d'),
    /** Bytes the stream keeps; the oldest lines go. */
    max_bytes: z
      .int({ error: 'must be a whole number of bytes from 1048576 to 1099511627776' })
      .min(1_048_576)
      .max(1_099_511_627_776)
      .default(67_108_864),
    /** `memory`: no line costs a payment a write to the disk, and lines end with the server. */
    storage: z.enum(['memory', 'file']).default('memory'),
  })
  .prefault({});
