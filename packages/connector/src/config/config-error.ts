/** A configuration that cannot be used: which key, what stands there, and what is allowed. */

export type ConfigProblem = {
  /** Dotted path, empty when the file as a whole is meant. */
  readonly key: string;
  readonly value?: unknown;
  /** File, file:line:column, environment variable or option. */
  readonly where: string;
  readonly message: string;
};

const SECRET_KEY = /(pass|secret|token|seed|creds|key)(?!.*_file$)/i;

/** Thrown at start; the program must not run with a guess. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(describe).join('\n'));
  }
}

function describe({ key, value, where, message }: ConfigProblem): string {
  if (key === '') return `${where}: ${message}`;
  return `${key}${value === undefined ? '' : ` = ${shown(key, value)}`} (${where}): ${message}`;
}

function shown(key: string, value: unknown): string {
  if (SECRET_KEY.test(key)) return '[secret]';
  return JSON.stringify(value)
    .replace(/\/\/[^/@"]*@/g, '//[secret]@')
    .slice(0, 120);
}
