/** `nats-bridge config check`: whether a configuration can be used, before anything starts with it. */
import {
  bridgeConfigWarnings,
  describeRateLimits,
  describeRoutes,
} from '@nats-bridge/connector/configuration';
import { gatewayConfigWarnings } from '@nats-bridge/gateway';
import { Command } from 'commander';
import { environmentWarnings, readSettings, withConfigOption } from '../installation/settings.js';
import { mark } from '../output/terminal.js';

/** Secrets hide themselves; only addresses may hold a password in the middle. */
function withoutPasswords(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/\/\/[^/@\s]*@/g, '//[secret]@') : value;
}

export function configCommand(): Command {
  const check = withConfigOption(new Command('check'))
    .summary('check a configuration file and the environment')
    .description(
      'Reads a configuration file and the environment over it. Exit code 0: usable; 2: not, with every wrong key, its value and what is allowed. Of a usable one it shows the rate limits and the routes, in the order in which they count, and what is to be minded all the same, such as a route that is never used.',
    )
    .option('--json', 'print the configuration with every default filled in')
    .action((options: { config?: string; json?: boolean }) => {
      const settings = readSettings(options);
      const { bridge, gateway } = settings;
      if (options.json) console.log(JSON.stringify({ nats_bridge: bridge, gateway }, withoutPasswords));
      else {
        console.log(`${mark.ok()} ${settings.file ?? 'defaults and environment'}: usable`);
        for (const rule of describeRateLimits(bridge.rate_limits)) console.log(`rate limit ${rule}`);
        for (const route of describeRoutes(bridge)) console.log(`route ${route}`);
        for (const warning of [
          ...bridgeConfigWarnings(bridge),
          ...gatewayConfigWarnings(gateway),
          ...environmentWarnings(),
        ])
          console.log(`${mark.warning()} ${warning}`);
      }
    });
  return new Command('config')
    .summary('check configuration')
    .description(
      'Says whether a configuration can be used, before anything starts with it: docs/configuration.md.',
    )
    .addCommand(check);
}
