/** Lets everything that is ready in one turn of the event loop be sent together, in one write to the socket. */

/** Resolves at the end of the turn; all who wait in it go on one after the other, with nothing in between. */
export type EndOfTurn = () => Promise<void>;

const AT_ONCE = Promise.resolve();

/**
 * nats.js writes to the socket in the microtask after a publish. Requests come out of a consumer one microtask
 * apart, so each record would be a system call and a packet of its own, here and in all who read it.
 *
 * @param inHand how many requests are: one alone waits for nobody
 */
export function createEndOfTurn(inHand: () => number): EndOfTurn {
  let end: Promise<void> | undefined;
  return () => {
    if (inHand() <= 1) return AT_ONCE;
    end ??= new Promise((resolve) => {
      setImmediate(() => {
        end = undefined;
        resolve();
      });
    });
    return end;
  };
}
