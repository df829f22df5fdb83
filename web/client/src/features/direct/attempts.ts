/** An attempt that takes longer is given up. */
const attemptMs = 10_000;
/** The first offers are repeated after a shorter time without an answer: the other page may be about to reload, and answers the next one. */
const firstAnswerMs = 3_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

/** When to try to open a connection to one participant. `now` is `Environment.monotonicNow`. */
export class Attempts {
  #missingSince: number | null = null;
  #failures = 0;
  #unanswered = 0;
  #retryAt = -Infinity;

  /** Whether there is no connection. */
  get isMissing(): boolean {
    return this.#missingSince !== null;
  }

  isDue(now: number): boolean {
    return now >= this.#retryAt;
  }

  /** Whether there has been no connection for this time, although the other page could answer. */
  isMissingFor(ms: number, now: number): boolean {
    return this.#missingSince !== null && now - this.#missingSince >= ms;
  }

  /** Whether an offer without an answer is to be repeated. Answers may take long on a slow line, so later attempts wait for longer. */
  isUnanswered(sentAt: number, now: number): boolean {
    return now - sentAt >= firstAnswerMs * 2 ** this.#unanswered;
  }

  isOverdue(since: number, now: number): boolean {
    return now - since >= attemptMs;
  }

  /** Nothing is known about earlier attempts any more. */
  restart(now: number): void {
    this.#missingSince = this.#retryAt = now;
    this.#failures = this.#unanswered = 0;
  }

  /** There is no connection, now or still. */
  markMissing(now: number): void {
    this.#missingSince ??= now;
  }

  markConnected(): void {
    this.#missingSince = null;
    this.#unanswered = 0;
  }

  /** The connection was lost or not opened. The next attempts follow ever more slowly. */
  markFailed(now: number): void {
    this.#missingSince ??= now;
    this.#retryAt = now + Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
  }

  /** The offer was not answered, or by the answer to an earlier one. The other page does not know of the attempt, so it says nothing about the network. */
  markUnanswered(now: number): void {
    this.#unanswered++;
    this.#retryAt = now + firstRetryMs;
  }

  /** The offer did not reach the other page, which therefore had no time to answer. */
  markUndelivered(now: number): void {
    this.#missingSince = now;
    this.#retryAt = now + firstRetryMs;
  }

  /** The connection has worked for a while, so a loss is no consequence of how it began. */
  markSteady(): void {
    this.#failures = 0;
  }
}
