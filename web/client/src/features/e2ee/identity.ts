import { encodeFields, fromBase64Url, toBase64Url, type Bytes } from './bytes.js';

/** The key pair of one participant, for as long as its page is open. The private key cannot be read out. */
export interface Identity {
  readonly privateKey: CryptoKey;
  /** The uncompressed point, as it is announced in `join`. */
  readonly publicKey: string;
}

/** Whether a value has the form of an identity key: base64url of the 65 bytes of an uncompressed point. It need not be on the curve. */
export const isIdentityKey = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{87}$/.test(value);

const curve = { name: 'ECDH', namedCurve: 'P-256' } as const;

export async function createIdentity(): Promise<Identity> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  return { privateKey, publicKey: toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))) };
}

export interface Direction {
  readonly meetingId: string;
  readonly senderId: string;
  readonly senderKey: string;
  readonly receiverId: string;
  readonly receiverKey: string;
}

/** What both ends of one direction must agree on: a message for another meeting, participant or identity does not decrypt, nor does one that is sent back. */
export const transcriptOf = ({ meetingId, senderId, senderKey, receiverId, receiverKey }: Direction): Bytes =>
  encodeFields('meet-e2ee v1 message', meetingId, senderId, senderKey, receiverId, receiverKey);

/** The key for messages in one direction between two participants. Null when the peer's public key is not a point on the curve. */
export async function messageKey(own: Identity, peerKey: string, direction: Direction): Promise<CryptoKey | null> {
  const point = fromBase64Url(peerKey);
  if (point === null) return null;
  try {
    const peer = await crypto.subtle.importKey('raw', point, curve, false, []);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, own.privateKey, 256);
    const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    return await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: transcriptOf(direction) }, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  } catch {
    return null;
  }
}
