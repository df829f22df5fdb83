/** Leaves room for the headers and the frame in a packet of the usual size. */
const maxPayloadBytes = 1_150;

/** Splits an encoded frame into payloads with the shortest descriptor (RFC 7741 §4.2): its first bit that is set says where the frame begins. */
export function packVp8(encoded: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < encoded.length; at += maxPayloadBytes) {
    const part = encoded.subarray(at, at + maxPayloadBytes);
    const payload = new Uint8Array(1 + part.length);
    payload[0] = at === 0 ? 0x10 : 0;
    payload.set(part, 1);
    payloads.push(payload);
  }
  return payloads;
}

interface Vp8Payload {
  /** Whether a frame begins with it. */
  readonly begins: boolean;
  readonly data: Uint8Array;
}

/** Removes the descriptor of a payload; null when it is malformed. */
export function readVp8(payload: Uint8Array): Vp8Payload | null {
  const first = payload[0];
  if (first === undefined) return null;
  let at = 1;
  if ((first & 0x80) !== 0) {
    const extended = payload[at++];
    if (extended === undefined) return null;
    if ((extended & 0x80) !== 0) at += (payload[at] ?? 0) >> 7 === 1 ? 2 : 1; // picture ID
    if ((extended & 0x40) !== 0) at++; // TL0PICIDX
    if ((extended & 0x30) !== 0) at++; // TID, Y and KEYIDX
  }
  return at >= payload.length ? null : { begins: (first & 0x17) === 0x10, data: payload.subarray(at) };
}

/** The size of the picture in a key frame, in bytes that are in clear also when the frame is encrypted; null when it is too short. */
export function sizeOfVp8Key(encoded: Uint8Array): { readonly width: number; readonly height: number } | null {
  const [width, height] = [((encoded[7] ?? 0) & 0x3f) << 8 | (encoded[6] ?? 0), ((encoded[9] ?? 0) & 0x3f) << 8 | (encoded[8] ?? 0)];
  return width === 0 || height === 0 ? null : { width, height };
}

/** Whether an encoded frame is a key frame (RFC 6386 §9.1). */
export const isVp8Key = (encoded: Uint8Array): boolean => encoded.length > 0 && (encoded[0]! & 1) === 0;
