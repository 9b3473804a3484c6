/** How much this gateway writes into its log, asked and changed while it runs. */
import { writeAudit } from '@nats-bridge/connector';
import type { Logging } from '@nats-bridge/logging';
import type { AdminWorld } from '../admin-world.js';
import { AdminProblem, route } from '../route.js';
import { logLevelOrder, logLevels } from '../schema/log-levels.js';

export const logLevelRoutes = [
  route({
    method: 'get',
    path: '/log-levels',
    summary: 'From which level on each module of this gateway is logged.',
    role: 'viewer',
    answer: logLevels,
    handle: (world) => levelsOf(loggingOf(world)),
  }),
  route({
    method: 'put',
    path: '/log-levels',
    summary: 'Changes the level of a module, or of all, of this gateway and until it ends.',
    role: 'operator',
    body: logLevelOrder,
    answer: logLevels,
    async handle(world, { body: { level, module, reason }, by }) {
      const logging = loggingOf(world);
      await writeAudit(
        world.bridge.connection,
        {
          action: 'set_log_level',
          who: by.who,
          why: reason,
          what: { instance: logging.instance, module: module ?? 'all', level },
        },
        world.bridge.auditSigner,
      );
      logging.log({
        level: 'warn',
        module: 'gateway',
        message: `${by.who} set the level of ${module ?? 'all modules'} to ${level}`,
        event: 'log_level_set',
      });
      logging.levels.set(level, module);
      return levelsOf(logging);
    },
  }),
];

function loggingOf({ logging }: AdminWorld): Logging {
  if (logging === undefined)
    throw new AdminProblem(404, 'NOT_FOUND', 'the program that started this gateway keeps no log');
  return logging;
}

function levelsOf({ instance, levels }: Logging) {
  return { instance, levels: levels.all() };
}
