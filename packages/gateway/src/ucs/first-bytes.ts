/** Keeps TLS connections that never say anything, such as those of health checks, away from HTTP/2. */
import type { Socket } from 'node:net';

export type FirstBytes = {
  /** Hands the connection on once it has something to say; one that ends, or says nothing in time, is cut. */
  await(connection: Socket): void;
  /** Cuts those that have said nothing yet. */
  close(): void;
};

/**
 * In HTTP/2 the client speaks first. Were it not waited for, Node (20) would write first, and where the client has
 * ended by then, as a balancer's check does after the handshake, would never let go of the connection: each keeps a
 * place at the door, and the door from closing.
 *
 * @param waitMs how long a connection may say nothing, in milliseconds
 */
export function createFirstBytes(pass: (connection: Socket) => void, waitMs: number): FirstBytes {
  const silent = new Set<Socket>();
  return {
    await(connection) {
      const cut = () => connection.destroy();
      const timer = setTimeout(cut, waitMs);
      const isOver = () => {
        clearTimeout(timer);
        silent.delete(connection);
      };
      silent.add(connection);
      connection
        .once('error', cut)
        .once('close', isOver)
        .once('readable', () => {
          // Without a byte it is the end that can be read.
          if (connection.readableLength === 0) return cut();
          isOver();
          connection.off('error', cut).off('close', isOver);
          pass(connection);
        });
    },
    close() {
      for (const connection of silent) connection.destroy();
    },
  };
}
