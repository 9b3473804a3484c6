/** The way between one process and the broker: in order while the weather is fair, and cut now and then. */
import type { World } from '../world.js';
import type { Actor } from './actor.js';

/** What may become of a message on its way. */
type Carriage = { readonly mayRepeat?: boolean; readonly keepsOrder?: boolean };

export class Link {
  isCut = false;
  /** When something was last lost, late or cut here; true time. */
  lastTroubleAt = 0;
  /** What was under way when the link was cut is lost. */
  #epoch = 0;
  readonly #lastArrival = { up: 0, down: 0 };

  constructor(readonly world: World) {}

  /** It can carry again. */
  mend(): void {
    this.isCut = false;
    this.lastTroubleAt = this.world.scheduler.now;
  }

  cut(): void {
    this.isCut = true;
    this.lastTroubleAt = this.world.scheduler.now;
    this.#epoch++;
  }

  /**
   * @param to whose event the arrival is
   * @param how `mayRepeat`: it may arrive twice, as NATS never does to a question or its answer; `keepsOrder`: nothing
   *   of its kind overtakes it
   * @returns false when it is lost
   */
  carry(direction: 'up' | 'down', to: Actor, arrive: () => void, how: Carriage = {}): boolean {
    if (this.isCut) return false;
    const { world } = this;
    const { weather, random, scheduler } = world;
    if (weather.drop > 0 && random.chance(weather.drop)) {
      world.count('fault: message dropped');
      this.lastTroubleAt = scheduler.now;
      return false;
    }
    const epoch = this.#epoch;
    const send = () => {
      const isSlow = weather.slow > 0 && random.chance(weather.slow);
      const latencyMs = isSlow ? random.between(2, weather.slowMs) : random.between(0.2, 1.5);
      if (isSlow) {
        world.count('fault: message delayed');
        this.lastTroubleAt = scheduler.now + latencyMs;
      }
      let at = scheduler.now + latencyMs;
      const isReordered = weather.reorder > 0 && random.chance(weather.reorder);
      if (isReordered && !how.keepsOrder) world.count('fault: message reordered');
      else {
        at = Math.max(at, this.#lastArrival[direction] + 0.001);
        this.#lastArrival[direction] = at;
      }
      scheduler.at(at, to, () => {
        if (this.#epoch === epoch) arrive();
      });
    };
    send();
    if (how.mayRepeat && weather.duplicate > 0 && random.chance(weather.duplicate)) {
      world.count('fault: message duplicated');
      send();
    }
    return true;
  }
}
