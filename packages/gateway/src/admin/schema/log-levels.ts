/** From which level on each module of the log is written. */
import { LOG_LEVELS, LOG_MODULES } from '@nats-bridge/protocol';
import { z } from 'zod';
import { reason } from './common.js';

const level = z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` });
const module = z.enum(LOG_MODULES, { error: `must be one of ${LOG_MODULES.join(', ')}` });

export const logLevels = z.object({
  instance: z
    .string()
    .meta({ description: 'The process that was asked: each gateway has levels of its own.' }),
  levels: z.record(module, level),
});

export const logLevelOrder = z.object({
  level,
  module: module.optional().meta({ description: 'Left out: every module.' }),
  reason,
});
