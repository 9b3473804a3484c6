/** Answers that are believed for a while: each question is asked once at a time, and not again as long as that holds. */

/** @param isFresh what was said before is not believed; a question that is being asked is not asked twice */
export type Believe<Answer> = (key: string, ask: () => Promise<Answer>, isFresh?: boolean) => Promise<Answer>;

/**
 * @param ttlMs how long an answer is believed, in milliseconds
 * @param isBelieved false for an answer that never is
 */
export function believeFor<Answer>(ttlMs: number, isBelieved: (answer: Answer) => boolean): Believe<Answer> {
  /** In the order in which they end. */
  const known = new Map<string, { readonly answer: Promise<Answer>; readonly until: number }>();
  const asking = new Map<string, Promise<Answer>>();

  function keep(key: string, answer: Answer): void {
    const now = Date.now();
    known.delete(key);
    for (const [oldest, { until }] of known) {
      if (until > now) break;
      known.delete(oldest);
    }
    if (isBelieved(answer)) known.set(key, { answer: Promise.resolve(answer), until: now + ttlMs });
  }

  return (key, ask, isFresh = false) => {
    const believed = known.get(key);
    if (!isFresh && believed !== undefined && believed.until > Date.now()) return believed.answer;
    let answer = asking.get(key);
    if (answer === undefined) {
      answer = ask()
        .then((said) => {
          keep(key, said);
          return said;
        })
        .finally(() => asking.delete(key));
      asking.set(key, answer);
    }
    return answer;
  };
}
