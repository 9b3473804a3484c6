/** Which nats-bridge this is. */
import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

export const VERSION = version;

/** As backups name what made them. */
export const TOOL = `nats-bridge ${VERSION}`;
