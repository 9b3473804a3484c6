/** Holds back what is new and would move what somebody reads, until they ask for it. */
import { useReducer, useRef } from 'preact/hooks';

export type Steady<T> = {
  readonly shown: T;
  /** Something of another shape is there. */
  readonly isHeld: boolean;
  /** Shows it; where nothing is held, the next one is shown as it comes. */
  release(): void;
};

/** @param shapeOf of what has the same shape, the newest is shown at once */
export function useSteady<T>(newest: T, shapeOf: (data: T) => string | number): Steady<T> {
  const [, redraw] = useReducer((round: number) => round + 1, 0);
  const kept = useRef({ shown: newest, isFree: false });
  const isSame = shapeOf(newest) === shapeOf(kept.current.shown);
  const { isFree } = kept.current;
  if (isSame || isFree) kept.current = { shown: newest, isFree: isFree && isSame };
  return {
    shown: kept.current.shown,
    isHeld: !isSame && !isFree,
    release: () => {
      kept.current.isFree = true;
      redraw(0);
    },
  };
}
