import { encodeFields, type Bytes } from './bytes.js';

/** Names a key of one sender: the generation grows with each new random key, the step with each ratchet of it. */
export interface KeyId {
  readonly generation: number;
  readonly step: number;
}

/** What encrypts frames. `salt` has 12 bytes, like the nonce that it is combined with. */
export interface FrameKey extends KeyId {
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

export const maxGeneration = 0xff_ffff;
export const maxStep = 0xff;

/** Base keys have 256 bits. */
export const baseKeyBytes = 32;

/** One number for a key ID, as a key of a map. */
export const numberOf = ({ generation, step }: KeyId): number => generation * 256 + step;

/** The next base key. Who has it cannot compute the one before, so a participant who joins cannot decrypt earlier frames. */
export function ratchet(base: Bytes): Promise<Bytes> {
  return derive(base, encodeFields('meet-e2ee v1 ratchet'), baseKeyBytes);
}

/** The key for frames of a base key. It differs for each meeting, sender and key ID, even for equal base keys. */
export async function frameKeyOf(base: Bytes, id: KeyId, meetingId: string, senderId: string): Promise<FrameKey> {
  const info = encodeFields('meet-e2ee v1 frame', meetingId, senderId, String(id.generation), String(id.step));
  const bytes = await derive(base, info, 16 + 12);
  const key = await crypto.subtle.importKey('raw', bytes.slice(0, 16), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { generation: id.generation, step: id.step, key, salt: bytes.slice(16) };
}

async function derive(base: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, key, length * 8));
}
