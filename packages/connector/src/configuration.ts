/** The configuration: as a value, as TOML and environment variables, and what follows from it. For who needs no bridge. */
export { describeRoutes } from './call/route.js';
export {
  type BridgeConfig,
  type BridgeConfigInput,
  bridgeConfigSchema,
  poolOf,
  subjectTemplateOf,
} from './config/bridge-config.js';
export { ConfigError, type ConfigProblem } from './config/config-error.js';
export { bridgeConfigWarnings } from './config/config-warnings.js';
export { natsAccessOf } from './config/connection-options.js';
export { type ConfigSections, type ConfigSource, isNamed, loadConfig } from './config/load-config.js';
export { readableFile } from './config/readable-file.js';
export { secretText } from './config/secret-text.js';
export { strayVariables } from './config/stray-variables.js';
export { describeRateLimits, type RateLimitUse } from './rate-limits/rate-limits.js';
export { archiveNameOf, LATE_CONSUMER, topologyOf, workConsumersOf } from './topology.js';
