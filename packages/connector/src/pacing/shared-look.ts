/** A look at something that many ask for at once: one answers all who asked before it began. */

/** @param look is never at the same thing twice at a time */
export function shareLooks<Place, Found>(look: (at: Place) => Promise<Found>): (at: Place) => Promise<Found> {
  const running = new Map<Place, Promise<unknown>>();
  const next = new Map<Place, Promise<Found>>();

  async function lookAfter(before: Promise<unknown> | undefined, at: Place): Promise<Found> {
    await before?.catch(() => {});
    const looking = look(at);
    running.set(at, looking);
    next.delete(at); // who asks from now on may know of more
    try {
      return await looking;
    } finally {
      if (running.get(at) === looking) running.delete(at);
    }
  }

  return (at) => {
    const waiting = next.get(at) ?? lookAfter(running.get(at), at);
    next.set(at, waiting);
    return waiting;
  };
}
