/** From which level on lines are written, for each module; may be changed while the program runs. */
import { LOG_LEVELS, LOG_MODULES, type LogLevel, type LogModule } from '@nats-bridge/protocol';

export type LevelSettings = {
  /** Of every module that has none of its own. Default `info`. */
  readonly level?: LogLevel;
  readonly modules?: Partial<Readonly<Record<LogModule, LogLevel>>>;
};

export type Levels = {
  /** Whether a line is written. */
  passes(module: LogModule, level: LogLevel): boolean;
  /** @param module left out: all of them, whatever each had */
  set(level: LogLevel, module?: LogModule): void;
  all(): Readonly<Record<LogModule, LogLevel>>;
};

export function createLevels({ level = 'info', modules = {} }: LevelSettings = {}): Levels {
  const levels = Object.fromEntries(
    LOG_MODULES.map((module) => [module, modules[module] ?? level]),
  ) as Record<LogModule, LogLevel>;
  return {
    passes: (module, level) => LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(levels[module]),
    set(level, module) {
      for (const one of module === undefined ? LOG_MODULES : [module]) levels[one] = level;
    },
    all: () => ({ ...levels }),
  };
}
