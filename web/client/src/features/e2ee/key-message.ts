import { concat, fromBase64Url, toBase64Url, type Bytes } from './bytes.js';
import { baseKeyBytes, type KeyId } from './frame-key.js';
import { transcriptOf, type Direction } from './identity.js';

/** `key` carries the sender's base key; `request` asks the receiver for its own. */
export type KeyMessage =
  | ({ readonly kind: 'key'; readonly base: Bytes } & KeyId)
  | { readonly kind: 'request' };

const version = 1;
const nonceBytes = 12;
const keyPlainBytes = 1 + 4 + baseKeyBytes;

/**
 * Encrypts a message: `version (1) ‖ sequence (6) ‖ nonce (12) ‖ ciphertext and tag`. The plain text is `1 ‖ generation (3) ‖ step (1) ‖ base key (32)` for a key and `2`
 * for a request.
 */
export async function sealMessage(message: KeyMessage, sequence: number, key: CryptoKey, direction: Direction): Promise<string> {
  const header = writeHeader(sequence);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: concat(transcriptOf(direction), header) }, key, encode(message));
  return toBase64Url(concat(header, nonce, new Uint8Array(sealed)));
}

/** The message and its sequence number; null when it is not authentic or not understood. Never throws. */
export async function openMessage(payload: string, key: CryptoKey, direction: Direction): Promise<{ readonly message: KeyMessage; readonly sequence: number } | null> {
  const bytes = fromBase64Url(payload);
  if (bytes === null || bytes[0] !== version || bytes.length < headerBytes + nonceBytes) return null;
  const header = bytes.slice(0, headerBytes);
  const iv = bytes.slice(headerBytes, headerBytes + nonceBytes);
  try {
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: concat(transcriptOf(direction), header) }, key, bytes.slice(headerBytes + nonceBytes));
    const message = decode(new Uint8Array(plain));
    return message === null ? null : { message, sequence: readSequence(header) };
  } catch {
    return null;
  }
}

const headerBytes = 7;

function writeHeader(sequence: number): Bytes {
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  view.setUint8(0, version);
  view.setUint16(1, Math.floor(sequence / 2 ** 32));
  view.setUint32(3, sequence >>> 0);
  return header;
}

function readSequence(header: Bytes): number {
  const view = new DataView(header.buffer);
  return view.getUint16(1) * 2 ** 32 + view.getUint32(3);
}

function encode(message: KeyMessage): Bytes {
  if (message.kind === 'request') return Uint8Array.of(2);
  const { generation, step, base } = message;
  return concat(Uint8Array.of(1, generation >> 16, (generation >> 8) & 0xff, generation & 0xff, step), base);
}

function decode(plain: Bytes): KeyMessage | null {
  if (plain.length === 1 && plain[0] === 2) return { kind: 'request' };
  if (plain.length !== keyPlainBytes || plain[0] !== 1) return null;
  return { kind: 'key', generation: plain[1]! * 65_536 + plain[2]! * 256 + plain[3]!, step: plain[4]!, base: plain.slice(5) };
}
