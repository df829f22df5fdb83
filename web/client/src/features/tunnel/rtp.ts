export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** The elements of the header extension (RFC 8285), by ID. */
  readonly extensions: ReadonlyMap<number, Uint8Array>;
  readonly payload: Uint8Array;
}

export interface RtpFields {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** An element of the header extension, of 1 to 16 bytes. */
  readonly extension?: { readonly id: number; readonly value: Uint8Array };
}

const fixedBytes = 12;
const oneByteProfile = 0xbede;

/** Whether a packet is RTCP, by its second byte (RFC 5761 §4). */
export const isRtcp = (packet: Uint8Array): boolean => packet.length >= 8 && packet[1]! >= 192 && packet[1]! <= 223;

/** Writes a packet (RFC 3550 §5.1). */
export function writeRtp({ payloadType, marker, sequence, timestamp, ssrc, extension }: RtpFields, payload: Uint8Array): Uint8Array {
  const extensionWords = extension === undefined ? 0 : Math.ceil((1 + extension.value.length) / 4);
  const headerBytes = fixedBytes + (extension === undefined ? 0 : 4 + 4 * extensionWords);
  const packet = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x80 | (extension === undefined ? 0 : 0x10);
  packet[1] = (marker ? 0x80 : 0) | payloadType;
  view.setUint16(2, sequence);
  view.setUint32(4, timestamp >>> 0);
  view.setUint32(8, ssrc);
  if (extension !== undefined) {
    view.setUint16(12, oneByteProfile);
    view.setUint16(14, extensionWords);
    packet[16] = (extension.id << 4) | (extension.value.length - 1);
    packet.set(extension.value, 17);
  }
  packet.set(payload, headerBytes);
  return packet;
}

/** Reads a packet; null when it is malformed. */
export function readRtp(packet: Uint8Array): RtpPacket | null {
  if (packet.length < fixedBytes || packet[0]! >> 6 !== 2) return null;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let start = fixedBytes + 4 * (packet[0]! & 0x0f);
  let extensions: ReadonlyMap<number, Uint8Array> = new Map();
  if ((packet[0]! & 0x10) !== 0) {
    if (packet.length < start + 4) return null;
    const end = start + 4 + 4 * view.getUint16(start + 2);
    if (packet.length < end) return null;
    extensions = readExtensions(view.getUint16(start), packet.subarray(start + 4, end));
    start = end;
  }
  const padding = (packet[0]! & 0x20) === 0 ? 0 : packet[packet.length - 1]!;
  if (packet.length < start + padding) return null;
  return {
    payloadType: packet[1]! & 0x7f,
    marker: (packet[1]! & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    extensions,
    payload: packet.subarray(start, packet.length - padding),
  };
}

/** Elements with headers of one byte, or of two (RFC 8285 §4.2, §4.3). */
function readExtensions(profile: number, bytes: Uint8Array): Map<number, Uint8Array> {
  const elements = new Map<number, Uint8Array>();
  const isLong = profile >> 4 === 0x100;
  if (!isLong && profile !== oneByteProfile) return elements;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    if (isLong && at + 1 >= bytes.length) break;
    const [id, length, header] = isLong ? [bytes[at]!, bytes[at + 1]!, 2] : [bytes[at]! >> 4, (bytes[at]! & 0x0f) + 1, 1];
    if (!isLong && id === 15) break;
    if (at + header + length > bytes.length) break;
    elements.set(id, bytes.subarray(at + header, at + header + length));
    at += header + length;
  }
  return elements;
}
