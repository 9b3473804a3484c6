/** `nats-bridge serve`: the gateway alone, in front of a NATS server that runs elsewhere. */
import { bridgeConfigWarnings, keepDeadLetters, keepNotary } from '@nats-bridge/connector';
import { type Gateway, gatewayConfigWarnings, startGateway } from '@nats-bridge/gateway';
import { Command } from 'commander';
import { environmentWarnings, readSettings, withConfigOption } from '../installation/settings.js';
import { mark } from '../output/terminal.js';
import { consoleFolder } from '../running/console-folder.js';
import { loggedBridge } from '../running/logged-bridge.js';
import { untilPrepared } from '../running/until-prepared.js';
import { untilSignal } from '../running/until-signal.js';

export function serveCommand(): Command {
  return withConfigOption(new Command('serve'))
    .summary('start the gateway only, for an existing NATS server')
    .description(
      'Opens the gRPC door for Hyperswitch and the HTTP door for health, metrics and, where somebody may use them, admin API and console; with [gateway.health] one for health and metrics alone, too. Carries payments over NATS. Ready (/readyz, gRPC health) once NATS answers and has the streams; ends with 1 where it promises less than nats_bridge.durability. What it says while it runs is its log, on standard error: docs/logs.md.',
    )
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .action(async (options: { config?: string; nats?: string }) => {
      const { bridge: config, gateway: doors } = readSettings(options);
      const logged = loggedBridge(config);
      const { bridge, logging, say, onWarning, onNotaryError, close } = logged;
      for (const warning of [
        ...bridgeConfigWarnings(config),
        ...gatewayConfigWarnings(doors),
        ...environmentWarnings(),
      ])
        say('warn', warning);
      // The doors open first: Hyperswitch must find them when it starts, and readiness tells the rest.
      const gateway = await startGateway({
        bridge,
        grpc: doors.grpc,
        http: doors.http,
        health: doors.health,
        maxInFlight: doors.max_in_flight,
        maxMessageBytes: doors.max_message_bytes,
        webhooks: doors.webhooks,
        metrics: doors.metrics,
        admin: { bridge, config: doors.admin },
        console: consoleFolder(),
        logging,
        onWarning,
      });
      // Before anybody is told that it is ready, and may stop it.
      const ended = untilSignal();
      console.log(`${mark.ok()} gateway ${describeDoors(gateway)}`);
      say('info', `gateway started: ${describeDoors(gateway)}`);
      const keeper = keepDeadLetters(bridge, logged);
      const notary = keepNotary(bridge, { onError: onNotaryError });
      const ending = new AbortController();
      const prepared = untilPrepared(bridge, ending.signal, (error) => say('warn', error.message));
      try {
        const signal = await Promise.race([
          ended,
          prepared.then((isReady) => {
            if (isReady) console.log(`${mark.ok()} NATS    ${bridge.connection.servers.join(', ')}`);
            return ended;
          }),
        ]);
        say('info', `${signal}: finishing what is under way`);
      } finally {
        ending.abort();
        await gateway.close();
        await Promise.all([keeper.close(), notary.close()]);
        await close();
      }
    });
}

function describeDoors({ grpcUrl, httpUrl, healthUrl }: Gateway): string {
  const doors = `${grpcUrl} for Hyperswitch, ${httpUrl} for health and metrics`;
  return healthUrl === undefined ? doors : `${doors}, ${healthUrl} for those two alone`;
}
