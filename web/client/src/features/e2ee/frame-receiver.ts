import type { TrackSource } from '../../core/wire-types.js';
import type { Bytes } from './bytes.js';
import { readFrame } from './frame-format.js';
import { numberOf, type FrameKey, type KeyId } from './frame-key.js';
import { associatedData, nonceOf } from './frame-sender.js';
import { ReplayWindow } from './replay-window.js';

/** Keys of a sender that are kept: frames under the previous ones are still on their way when a key changes. */
const maxKeys = 4;
/** Computed keys that are kept although no frame under them was opened. */
const maxGuesses = 4;

export type Opened =
  | { readonly clear: Bytes }
  /** Dropped. `unknown-key`: the frame may be authentic, and its key is missing. */
  | { readonly dropped: 'not-encrypted' | 'unknown-key' | 'replayed' | 'not-authentic'; readonly keyId?: KeyId };

interface KnownKey {
  readonly key: FrameKey;
  readonly windows: Map<number, ReplayWindow>;
  /** The sender sent it, or a frame under it was opened. */
  isProven: boolean;
  /** The counter after the newest one that was opened. */
  next: number;
}

/**
 * Decrypts the frames of one sender. Each receiver opens a frame once: while a new connection takes over from an old one, both get the same frames. What was opened before a
 * receiver started is not opened by it, so a new connection gives nobody a second showing of old frames.
 */
export class FrameReceiver {
  readonly #keys = new Map<number, KnownKey>();
  /** The newest key that was dropped. It must not come back, because its replay windows are gone. */
  #dropped = -1;

  /** Adds a key that the sender sent. */
  addKey(key: FrameKey): void {
    const number = numberOf(key);
    if (this.#add(number, key)) this.#prove(number);
  }

  /** Adds a key that was computed because a frame named it. That frame may not be authentic, so the key displaces no other one before a frame under it was opened. */
  addGuess(key: FrameKey): void {
    this.#add(numberOf(key), key);
    const guesses = [...this.#keys].filter(([, { isProven }]) => !isProven);
    for (const [oldest] of guesses.slice(0, -maxGuesses)) this.#keys.delete(oldest);
  }

  /** False for a key that is older than those which are kept. One that is known stays, and its replay windows with it. */
  #add(number: number, key: FrameKey): boolean {
    if (number <= this.#dropped) return false;
    if (!this.#keys.has(number)) this.#keys.set(number, { key, windows: new Map(), isProven: false, next: 0 });
    return true;
  }

  #prove(number: number): void {
    const known = this.#keys.get(number);
    if (known === undefined || known.isProven) return;
    known.isProven = true;
    const proven = [...this.#keys].filter(([, { isProven }]) => isProven).map(([one]) => one).sort((one, other) => one - other);
    for (const oldest of proven.slice(0, -maxKeys)) {
      this.#keys.delete(oldest);
      this.#dropped = Math.max(this.#dropped, oldest);
    }
  }

  /** A receiver gets frames of this sender from now on. */
  start(receiver: number): void {
    for (const { windows, next } of this.#keys.values()) windows.set(receiver, new ReplayWindow(next));
  }

  /** The receiver has ended. */
  end(receiver: number): void {
    for (const { windows } of this.#keys.values()) windows.delete(receiver);
  }

  /** Frames that are not authentic are dropped and never passed on. */
  async open(receiver: number, frame: Uint8Array, source: TrackSource): Promise<Opened> {
    const parts = readFrame(frame);
    if (parts === null) return { dropped: 'not-encrypted' };
    const { trailer, sealed } = parts;
    const known = this.#keys.get(numberOf(trailer));
    if (known === undefined) return { dropped: 'unknown-key', keyId: { generation: trailer.generation, step: trailer.step } };
    const window = known.windows.get(receiver) ?? new ReplayWindow(); // the key is newer than the start of the receiver
    known.windows.set(receiver, window);
    if (!window.accepts(trailer.counter)) return { dropped: 'replayed' };
    let clear: Bytes;
    try {
      const iv = nonceOf(known.key.salt, trailer.counter);
      clear = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: associatedData(source, parts.trailerBytes) }, known.key.key, sealed));
    } catch {
      return { dropped: 'not-authentic' };
    }
    // Another copy of the frame may have been opened meanwhile, the key may have been dropped, or the receiver may have started anew.
    if (this.#keys.get(numberOf(trailer)) !== known || known.windows.get(receiver) !== window || !window.accepts(trailer.counter)) return { dropped: 'replayed' };
    window.record(trailer.counter);
    known.next = Math.max(known.next, trailer.counter + 1);
    this.#prove(numberOf(trailer));
    return { clear };
  }
}
