/** How long frames may fail to decrypt before this counts as a failure: longer than a new key takes to arrive. */
const toleranceMs = 2_000;

/** Whether a track decrypts. Each method returns the new state when it has changed, otherwise null. Times are in milliseconds. */
export class ReceiveHealth {
  #decrypts: boolean | null = null;
  #failingSince: number | null = null;

  onOpened(): boolean | null {
    this.#failingSince = null;
    return this.#change(true);
  }

  onDropped(nowMs: number): boolean | null {
    this.#failingSince ??= nowMs;
    return nowMs - this.#failingSince >= toleranceMs ? this.#change(false) : null;
  }

  #change(decrypts: boolean): boolean | null {
    if (this.#decrypts === decrypts) return null;
    this.#decrypts = decrypts;
    return decrypts;
  }
}
