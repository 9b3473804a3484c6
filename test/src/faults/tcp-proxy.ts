/** A network that can be cut and slowed, between one process and NATS. */
import { connect, createServer, type Socket } from 'node:net';

export type TcpProxy = {
  readonly port: number;
  /** No connection lives or is made, until `restore`. */
  cut(): void;
  /** Everything takes so much longer, both ways. */
  delay(ms: number): void;
  restore(): void;
  close(): Promise<void>;
};

export async function startTcpProxy(targetPort: () => number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let delayMs = 0;

  function track(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  /** In order: what comes after the delay is over may not overtake what still waits. */
  function carry(from: Socket, to: Socket): void {
    let dueAt = 0;
    from.on('data', (chunk) => {
      const now = Date.now();
      if (delayMs === 0 && dueAt <= now) return void to.write(chunk);
      dueAt = Math.max(dueAt + 1, now + delayMs);
      setTimeout(() => to.write(chunk), dueAt - now);
    });
    from.on('close', () => to.destroy());
  }

  const server = createServer((client) => {
    track(client);
    if (isCut) return void client.destroy();
    const upstream = track(connect(targetPort(), '127.0.0.1'));
    carry(client, upstream);
    carry(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    delay(ms) {
      delayMs = ms;
    },
    restore() {
      isCut = false;
      delayMs = 0;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
