/** The configuration every command reads: a TOML file, environment variables over it. */
import { existsSync } from 'node:fs';
import {
  type BridgeConfig,
  bridgeConfigSchema,
  isNamed,
  loadConfig,
  strayVariables,
} from '@nats-bridge/connector/configuration';
import { type GatewayConfig, gatewayConfigSchema } from '@nats-bridge/gateway';
import type { Command } from 'commander';
import { readSession } from './up-session.js';

const DEFAULT_CONFIG_FILE = 'nats-bridge.toml';

const BASE_URL = 'nats_bridge.base_url';
const SECTIONS = { nats_bridge: bridgeConfigSchema, gateway: gatewayConfigSchema };

export type Settings = {
  readonly bridge: BridgeConfig;
  readonly gateway: GatewayConfig;
  /** The file that was read; undefined for defaults and environment alone. */
  readonly file: string | undefined;
  /** True when a NATS server was named anywhere, the default one too: then none is started here. */
  readonly namesServer: boolean;
};

export function withConfigOption(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    `TOML file (default: ${DEFAULT_CONFIG_FILE}, where there is one)`,
  );
}

export type ServerOptions = { readonly config?: string; readonly nats?: string };

/** For a command that asks a NATS server; its settings are those of {@link readSettingsHere}. */
export function withServerOptions(command: Command): Command {
  return withConfigOption(command).option(
    '--nats <url>',
    'NATS server (default: nats_bridge.base_url, or that of the nats-bridge up that runs here)',
  );
}

/** @throws ConfigError that lists every wrong key. */
export function readSettings(options: ServerOptions): Settings {
  const file = options.config ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const named = options.nats !== undefined && { [BASE_URL]: { value: options.nats, name: '--nats' } };
  const source = { file, env: process.env, options: { ...named } };
  const loaded = loadConfig(SECTIONS, source);
  return {
    bridge: loaded.nats_bridge,
    gateway: loaded.gateway,
    file,
    namesServer: isNamed(SECTIONS, source, BASE_URL),
  };
}

/** Variables that are no settings: of the admin API, and of a worker's own test (nats-bridge new). */
const OTHER_VARIABLES = ['NATS_BRIDGE_ADMIN_TOKEN', 'NATS_BRIDGE_ADMIN_URL', 'NATS_BRIDGE_CLI'];

/** What of the environment has no effect, and was meant to. */
export function environmentWarnings(): readonly string[] {
  return strayVariables(SECTIONS, process.env, OTHER_VARIABLES);
}

/** Where nobody named a server, it is that of the `nats-bridge up` of the same person. @throws ConfigError */
export function readSettingsHere(options: ServerOptions): Settings {
  const settings = readSettings(options);
  const session = settings.namesServer ? undefined : readSession();
  if (session === undefined) return settings;
  const { natsUrl, monitorUrl } = session;
  const monitor_url = settings.bridge.monitor_url ?? monitorUrl;
  return { ...settings, bridge: { ...settings.bridge, base_url: natsUrl, monitor_url } };
}
