/** Takes spans as a collector does, OTLP over HTTP, and forgets them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Role } from './role.js';

export const spanReceiver: Role = {
  kind: 'service',
  async start() {
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { tracesUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
};
