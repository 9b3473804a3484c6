/** A gateway of the fault run without one of its guards, or with all as a control; otherwise as `nats-bridge serve`. */
import { bridgeConfigSchema, keepDeadLetters, loadConfig, NatsBridge } from '@nats-bridge/connector';
import { gatewayConfigSchema, startGateway } from '@nats-bridge/gateway';
import { withholdWithdrawals } from './guards.js';

const { nats_bridge, gateway: doors } = loadConfig(
  { nats_bridge: bridgeConfigSchema, gateway: gatewayConfigSchema },
  { env: process.env },
);
const bridge = new NatsBridge(nats_bridge);
if (process.env.WITHOUT === 'withdrawal') withholdWithdrawals(bridge);
const gateway = await startGateway({ bridge, grpc: doors.grpc, http: doors.http });
console.log(`gateway ${gateway.grpcUrl} for Hyperswitch, ${gateway.httpUrl} for health: gateway http`);
const keeper = keepDeadLetters(bridge);
bridge.prepare().catch(() => {}); // the first call tries again
process.once('SIGTERM', () => {
  void gateway
    .close()
    .then(() => keeper.close())
    .then(() => bridge.close());
});
