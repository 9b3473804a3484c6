/** Who looks at the overview live: so many at once, and no more. */

export type LiveReaders = {
  /** @returns what ends it, to be called once; undefined where as many look already as may */
  enter(): (() => void) | undefined;
};

export function createLiveReaders(most: number): LiveReaders {
  let count = 0;
  return {
    enter() {
      if (count >= most) return undefined;
      count++;
      return () => {
        count--;
      };
    },
  };
}
