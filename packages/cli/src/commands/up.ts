/** `nats-bridge up`: NATS, gateway and sandbox worker on this machine, with one payment to show that it works. */
import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { keepDeadLetters, keepNotary } from '@nats-bridge/connector';
import { digestOf, type Gateway, namesSomebody, startGateway } from '@nats-bridge/gateway';
import { Command } from 'commander';
import { readSettings, type Settings, withConfigOption } from '../installation/settings.js';
import { writeSession } from '../installation/up-session.js';
import { mark, paint, progress } from '../output/terminal.js';
import { consoleFolder } from '../running/console-folder.js';
import { demonstrate } from '../running/demonstrate.js';
import { embeddedServer } from '../running/embedded-server.js';
import { type LoggedBridge, loggedBridge } from '../running/logged-bridge.js';
import { superviseSandbox } from '../running/supervise-sandbox.js';
import { untilSignal } from '../running/until-signal.js';

type Options = {
  config?: string;
  nats?: string;
  demo?: boolean;
  once?: boolean;
  json?: boolean;
  data?: string;
  sandbox: boolean;
};

export function upCommand(): Command {
  return withConfigOption(new Command('up'))
    .summary('start everything here: embedded NATS, gateway, sandbox worker')
    .description(
      'Starts a nats-server on loopback (unless the configuration names one), the gateway with its gRPC and HTTP doors, and the sandbox worker. Stops with Ctrl-C.',
    )
    .option('--nats <url>', 'use this NATS server instead of an embedded one')
    .option(
      '--data <folder>',
      'where the embedded server keeps its streams (default: ~/.local/share/nats-bridge)',
    )
    .option('--no-sandbox', 'leave the sandbox worker out, for workers of your own')
    .option('--demo', 'drive one payment through its life cycle over gRPC and show it')
    .option('--once', 'end after the demonstration')
    .option('--json', 'end with one JSON object on the last line: {ok, nats_version, operations, total_ms}')
    .action(up);
}

async function up(options: Options): Promise<void> {
  const startedAt = performance.now();
  const settings = readSettings(options);
  /** What was started, to be ended the other way round, however far the start came. */
  const started: (() => Promise<void>)[] = [];
  try {
    const storeDir = settings.namesServer ? undefined : storeOf(options);
    const server = storeDir === undefined ? undefined : await embeddedServer(storeDir);
    if (server !== undefined) started.push(server.stop);
    const natsUrl = server?.url ?? settings.bridge.base_url;
    const logged = loggedBridge({
      ...settings.bridge,
      base_url: natsUrl,
      ...(server !== undefined && { monitor_url: server.monitorUrl }),
    });
    const { bridge } = logged;
    started.push(logged.close);
    await bridge.prepare();
    const keeper = keepDeadLetters(bridge, logged);
    started.push(() => keeper.close());
    const notary = keepNotary(bridge, { onError: logged.onNotaryError });
    started.push(() => notary.close());
    const sandbox = options.sandbox ? superviseSandbox(bridge.config, settings.file) : undefined;
    if (sandbox !== undefined) started.push(sandbox.stop);
    const token = namesSomebody(settings.gateway.admin) ? undefined : randomBytes(18).toString('base64url');
    const gateway = await openDoors(logged, token === undefined ? settings : withAdmin(settings, token));
    started.push(gateway.close);
    const { httpUrl: url, grpcUrl } = gateway;
    const removeSession = writeSession({
      natsUrl,
      monitorUrl: bridge.config.monitor_url,
      grpcUrl,
      url,
      token,
      pid: process.pid,
      storeDir,
    });
    started.push(async () => removeSession());
    await sandbox?.ready;

    const natsVersion = (await bridge.connection.get()).info?.version ?? 'unknown';
    const show = options.json ? progress : console.log;
    for (const note of gateway.portNotes) show(`${mark.warning()} ${note}`);
    show(`${mark.ok()} NATS      ${natsUrl}  (nats-server ${natsVersion}${server ? ', embedded' : ''})`);
    show(
      `${mark.ok()} gateway   ${gateway.grpcUrl} for Hyperswitch, ${gateway.httpUrl} for health and metrics`,
    );
    show(
      sandbox ? `${mark.ok()} worker    sandbox` : `${mark.warning()} worker    none here: start your own`,
    );
    const fragment = token === undefined ? '' : `#token=${token}`;
    show(`${mark.ok()} console   ${gateway.httpUrl}/console/${fragment}`);
    let shown: string | undefined;
    if (settings.gateway.grpc.tls !== undefined)
      show(`${mark.warning()} demo      left out: the gRPC door has TLS; try nats-bridge pay --ca …`);
    else if ((options.demo || options.once) && sandbox !== undefined) {
      const { isOk, paymentId } = await demonstrate({ grpcUrl, natsVersion, startedAt, json: options.json });
      process.exitCode = isOk ? 0 : 1;
      shown = paymentId;
    }
    if (options.once) return;
    show(`\n${whatNext(shown)}`);
    const signal = await untilSignal();
    logged.say('info', `${signal}: finishing what is under way`);
  } finally {
    for (const stop of started.reverse()) await stop();
  }
}

function openDoors({ bridge, logging, onWarning }: LoggedBridge, { gateway }: Settings): Promise<Gateway> {
  return startGateway({
    bridge,
    grpc: gateway.grpc,
    http: gateway.http,
    health: gateway.health,
    maxInFlight: gateway.max_in_flight,
    maxMessageBytes: gateway.max_message_bytes,
    webhooks: gateway.webhooks,
    metrics: gateway.metrics,
    admin: { bridge, config: gateway.admin },
    console: consoleFolder(),
    allowPortFallback: true,
    logging,
    onWarning,
  });
}

/** Until it is stopped, for who sees the terminal. */
function withAdmin(settings: Settings, token: string): Settings {
  const { gateway } = settings;
  const tokens = [{ name: userInfo().username, role: 'admin' as const, sha256: digestOf(token) }];
  return { ...settings, gateway: { ...gateway, admin: { ...gateway.admin, tokens } } };
}

/** @param paymentId one that was made just now */
function whatNext(paymentId: string | undefined): string {
  const commands: readonly (readonly [string, string])[] = [
    ['pay', 'one payment'],
    ...(paymentId === undefined
      ? []
      : [[`logs --payment ${paymentId}`, 'what became of the first above'] as const]),
    ['logs -f', 'each call'],
    ['top', 'how payments flow'],
  ];
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    'Ready. Ctrl-C stops it; in another terminal:',
    ...commands.map(([command, what]) => `  npx nats-bridge ${command.padEnd(width)}  ${paint('dim', what)}`),
  ].join('\n');
}

function storeOf({ data }: Options): string {
  const base = process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share');
  return resolve(data ?? join(base, 'nats-bridge'));
}
