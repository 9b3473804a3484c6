/** Opens the gateway for who imports this package: what stands behind its doors is loaded when they open. */
import type { Gateway, GatewayOptions } from './gateway.js';

/**
 * Commands that only read the configuration start in two thirds of the time without it.
 * @throws PortInUseError when a port is taken and no other may be chosen; Error when the console is to be served and was
 *   not built. No door is open then, and nothing runs.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { openGateway } = await import('./gateway.js');
  return openGateway(options);
}
