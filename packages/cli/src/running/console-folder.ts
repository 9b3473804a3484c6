/** Where the built console lies: in its own package. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export function consoleFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('@nats-bridge/console/site/index.html')));
}
