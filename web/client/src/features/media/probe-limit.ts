const firstPauseMs = 5_000;
const longestPauseMs = 160_000;

/** How often the media node is asked whether it works: ever less often on a line whose path only seems to die, because it is slow or loses most packets. */
export class ProbeLimit {
  #last = -Infinity;
  #pauseMs = firstPauseMs;

  isAllowed(now: number): boolean {
    return now - this.#last >= this.#pauseMs;
  }

  record(now: number): void {
    const isCalm = now - this.#last >= 2 * longestPauseMs;
    this.#pauseMs = isCalm ? firstPauseMs : Math.min(longestPauseMs, 2 * this.#pauseMs);
    this.#last = now;
  }
}
