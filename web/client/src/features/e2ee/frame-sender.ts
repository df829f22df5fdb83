import type { TrackSource } from '../../core/wire-types.js';
import { encodeFields, type Bytes } from './bytes.js';
import { fits, formatOf, maxCounter, tagBytes, wrapFrame, writeTrailer } from './frame-format.js';
import type { FrameKey } from './frame-key.js';

/** Encrypts the frames of all sources and layers of one participant. They share one counter, which never goes back, so no nonce is used twice under one key. */
export class FrameSender {
  #key: FrameKey | null = null;
  #counter = 0;

  /** Frames from now on use this key. */
  setKey(key: FrameKey): void {
    this.#key = key;
  }

  /** The encrypted frame, or null when it must be dropped: there is no key, or it is too large. */
  async seal(clear: Bytes, codec: string, source: TrackSource): Promise<Bytes | null> {
    const key = this.#key;
    if (key === null || !fits(clear.length) || this.#counter > maxCounter) return null;
    const counter = this.#counter++; // Taken before the first await, so that concurrent frames differ.
    const trailer = writeTrailer({ generation: key.generation, step: key.step, counter, length: clear.length + tagBytes, format: formatOf(codec) });
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(key.salt, counter), additionalData: associatedData(source, trailer) }, key.key, clear));
    const body = new Uint8Array(sealed.length + trailer.length);
    body.set(sealed);
    body.set(trailer, sealed.length);
    return wrapFrame(codec, clear, body);
  }
}

/** The salt combined with the counter, as in SFrame (RFC 9605 §4.4.3). */
export function nonceOf(salt: Uint8Array, counter: number): Bytes {
  const nonce = Uint8Array.from(salt);
  const view = new DataView(nonce.buffer);
  view.setUint16(6, view.getUint16(6) ^ Math.floor(counter / 2 ** 32));
  view.setUint32(8, (view.getUint32(8) ^ (counter >>> 0)) >>> 0);
  return nonce;
}

/** Binds a frame to its source, so that a server cannot show a screen as a camera. */
export const associatedData = (source: TrackSource, trailer: Uint8Array): Bytes => encodeFields('meet-e2ee v1', source, trailer);
