/** `nats-bridge serve`: the gateway alone, in front of a NATS server that runs elsewhere. */
import { bridgeConfigWarnings, keepDeadLetters, NatsBridge } from '@nats-bridge/connector';
import { gatewayConfigWarnings, startGateway } from '@nats-bridge/gateway';
import { Command } from 'commander';
import { consoleFolder } from '../console-folder.js';
import { reportEvent, reportLetter } from '../report-event.js';
import { readSettings, withConfigOption } from '../settings.js';
import { mark, progress } from '../terminal.js';
import { untilSignal } from '../until-signal.js';

export function serveCommand(): Command {
  return withConfigOption(new Command('serve'))
    .summary('start the gateway only, for an existing NATS server')
    .description(
      'Opens the gRPC door for Hyperswitch and the HTTP door for health and metrics, and carries payments over NATS.',
    )
    .option('--nats <url>', 'NATS server, over nats_bridge.base_url')
    .action(async (options: { config?: string; nats?: string }) => {
      const { bridge: config, gateway: doors } = readSettings(options);
      for (const warning of [...bridgeConfigWarnings(config), ...gatewayConfigWarnings(doors)])
        progress(`${mark.warning()} ${warning}`);
      const bridge = new NatsBridge(config, { onEvent: reportEvent });
      // The doors open first: Hyperswitch must find them when it starts, and readiness tells the rest.
      const gateway = await startGateway({
        bridge,
        grpc: doors.grpc,
        http: doors.http,
        maxInFlight: doors.max_in_flight,
        maxMessageBytes: doors.max_message_bytes,
        webhooks: doors.webhooks,
        metrics: doors.metrics,
        admin: { bridge, config: doors.admin },
        console: consoleFolder(),
        onWarning: progress,
      });
      // Before anybody is told that it is ready, and may stop it.
      const ended = untilSignal();
      console.log(
        `${mark.ok()} gateway ${gateway.grpcUrl} for Hyperswitch, ${gateway.httpUrl} for health and metrics`,
      );
      const keeper = keepDeadLetters(bridge, { onLetter: reportLetter });
      bridge.prepare().then(
        () => console.log(`${mark.ok()} NATS    ${bridge.connection.servers.join(', ')}`),
        (error: Error) => progress(`${mark.warning()} ${error.message}`),
      );
      await ended;
      progress('finishing what is under way');
      await gateway.close();
      await keeper.close();
      await bridge.close();
    });
}
