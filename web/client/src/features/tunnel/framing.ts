/** The longest packet, as for a UDP datagram. */
const maxPacketBytes = 2048;

/** Joins packets to a piece of a stream, in which each follows its length in two bytes (RFC 4571). */
export function frame(packets: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(packets.reduce((sum, packet) => sum + 2 + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    framed.set([packet.length >> 8, packet.length & 0xff], at);
    framed.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return framed;
}

/** Reads the packets of a stream from its pieces. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** The packets that are complete with this piece; null when the stream cannot be read any further. */
  read(piece: Uint8Array): Uint8Array[] | null {
    const bytes = this.#rest.length === 0 ? piece : join(this.#rest, piece);
    const packets: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const length = (bytes[at]! << 8) | bytes[at + 1]!;
      if (length > maxPacketBytes) return null;
      if (at + 2 + length > bytes.length) break;
      packets.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#rest = bytes.slice(at);
    return packets;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
