const size = 4096;

/**
 * Accepts each counter once, in any order within the newest 4,096. All sources of a sender share one counter, so this is about 15 s of a camera with three layers, a screen
 * and sound.
 */
export class ReplayWindow {
  readonly #seen = new Uint8Array(size);
  #next: number;

  /** Accepts no counter below `first`. */
  constructor(first = 0) {
    this.#next = first;
    this.#seen.fill(1);
  }

  /** Whether the counter is new. Changes nothing: only an authentic frame may be recorded. */
  accepts(counter: number): boolean {
    if (counter >= this.#next) return true;
    return counter >= this.#next - size && this.#seen[counter % size] === 0;
  }

  record(counter: number): void {
    if (counter - this.#next >= size) this.#seen.fill(0);
    else for (let skipped = this.#next; skipped < counter; skipped++) this.#seen[skipped % size] = 0;
    this.#seen[counter % size] = 1;
    this.#next = Math.max(this.#next, counter + 1);
  }
}
