/** Writes the configuration of an embedded nats-server, leaving out what its version does not know. */
import { isVersionAtLeast } from '../topology/server-features.js';

export type ServerConfig = {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly jetstream: boolean;
  readonly storeDir: string;
  /** Folder where the server writes the ports it took. */
  readonly runDir: string;
  readonly logFile: string;
  /**
   * `always` flushes every message to disk before it is acknowledged (what a payment needs);
   * `2m` is the server's own default: what was acknowledged in the last two minutes dies with the machine.
   */
  readonly syncInterval: 'always' | '2m';
  readonly maxPayloadBytes: number | undefined;
  /** Put at the end as it is. */
  readonly configuration?: string;
};

/** The file's text, and a line for each thing that this version cannot do. */
export function renderServerConfig(
  config: ServerConfig,
  version: string,
): { readonly text: string; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const lines = [
    `host: ${quote(config.host)}`,
    `port: ${config.port === 0 ? -1 : config.port}`,
    // Says, among much else, whether each write is flushed.
    `http: ${quote(`${config.host}:-1`)}`,
    `ports_file_dir: ${quote(config.runDir)}`,
    `log_file: ${quote(config.logFile)}`,
    'logfile_size_limit: 10MB',
    'logfile_max_num: 3',
  ];
  if (config.maxPayloadBytes !== undefined) lines.push(`max_payload: ${config.maxPayloadBytes}`);
  if (config.jetstream) {
    const block = [`  store_dir: ${quote(config.storeDir)}`];
    if (isVersionAtLeast(version, '2.10.0')) {
      block.push(`  sync_interval: ${config.syncInterval}`);
    } else if (config.syncInterval === 'always') {
      notes.push(
        `nats-server ${version} cannot flush each message to disk (needs 2.10): what was acknowledged in the last two minutes is lost when the machine fails`,
      );
    }
    lines.push('jetstream {', ...block, '}');
  }
  if (config.configuration !== undefined) lines.push(config.configuration);
  return { text: `${lines.join('\n')}\n`, notes };
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
