/** The doors of NATS Bridge: a Unified Connector Service over gRPC, and HTTP. */
export { type AdminConfig, digestOf, namesSomebody } from './admin/admin-config.js';
export { csvLine } from './admin/csv.js';
export type { BridgeHealth, PaymentBridge } from './bridge.js';
export type { DoorTlsFiles } from './doors/door-tls.js';
export { type ListenAt, PortInUseError } from './doors/listen-on.js';
export type { Door, Gateway, GatewayOptions } from './gateway.js';
export { type GatewayConfig, gatewayConfigSchema, gatewayConfigWarnings } from './gateway-config.js';
export { bodyUntil } from './http/body-until.js';
export type { WebhookOptions } from './late-answers/webhook-options.js';
export { startGateway } from './start-gateway.js';
export type { OnWarning } from './warning.js';
