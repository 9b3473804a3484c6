/** A process of the simulation: it can die, stand still, and have a clock of its own. */
export class Actor {
  isAlive = true;
  /** Nothing happens in it until then, while time goes on (SIGSTOP); in simulated milliseconds. */
  frozenUntil = 0;
  /** How long it has stood still in all. */
  stoodStillMs = 0;
  /** What its clock shows beside the true time, in milliseconds. */
  clockOffsetMs = 0;

  /** Whether a lease of it may not mean to others what it means to it. */
  get isOutOfTime(): boolean {
    return this.stoodStillMs > 0 || this.clockOffsetMs !== 0;
  }

  /** @param now true time */
  standStill(now: number, ms: number): void {
    this.frozenUntil = now + ms;
    this.stoodStillMs += ms;
  }

  constructor(readonly name: string) {}
}
