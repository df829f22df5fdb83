/** Seconds from 1900 to 1970, where the times of reports and of the system begin. */
const ntpOffset = 2_208_988_800;
const [senderReport, receiverReport, sourceDescription, transportFeedback, payloadFeedback] = [200, 201, 202, 205, 206];

/** Writes an RTCP packet. `body` begins with the SSRC of the sender, and its length is a multiple of four. */
function writeRtcp(type: number, count: number, body: readonly number[]): Uint8Array {
  const words = body.length / 4;
  return new Uint8Array([0x80 | count, type, words >> 8, words & 0xff, ...body]);
}

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

const join = (...packets: Uint8Array[]): Uint8Array => new Uint8Array(packets.flatMap(packet => [...packet]));

/** The source description that every compound packet has (RFC 3550 §6.1). */
function describe(ssrc: number): Uint8Array {
  const name = [...new TextEncoder().encode('tunnel')];
  return writeRtcp(sourceDescription, 1, [...uint32(ssrc), 1, name.length, ...name, ...new Array<number>(4 - ((2 + name.length) % 4)).fill(0)]);
}

export interface SentStream {
  readonly ssrc: number;
  readonly packets: number;
  readonly bytes: number;
  /** The RTP time at the time of the report. */
  readonly rtpTime: number;
}

/** Says how the RTP times of a stream relate to the clock (RFC 3550 §6.4.1). `now` is in milliseconds since 1970. */
export function writeSenderReport({ ssrc, packets, bytes, rtpTime }: SentStream, now: number): Uint8Array {
  const seconds = Math.floor(now / 1000);
  const fraction = Math.floor((now / 1000 - seconds) * 2 ** 32);
  return join(writeRtcp(senderReport, 0, [...uint32(ssrc), ...uint32(seconds + ntpOffset), ...uint32(fraction), ...uint32(rtpTime), ...uint32(packets), ...uint32(bytes)]), describe(ssrc));
}

/** An empty report, which shows that the receiver is there. */
export const writeReceiverReport = (ssrc: number): Uint8Array => join(writeRtcp(receiverReport, 0, uint32(ssrc)), describe(ssrc));

/** Asks for a key frame (RFC 4585 §6.3.1). */
export const writePictureLoss = (ssrc: number, mediaSsrc: number): Uint8Array => writeRtcp(payloadFeedback, 1, [...uint32(ssrc), ...uint32(mediaSsrc)]);

/** The SSRCs of which a compound packet asks for a key frame, as a picture loss (RFC 4585 §6.3.1) or a full intra request (RFC 5104 §4.3.1). */
export function readKeyFrameRequests(compound: Uint8Array): number[] {
  const ssrcs: number[] = [];
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  for (let at = 0; at + 4 <= compound.length;) {
    const end = at + 4 * (1 + view.getUint16(at + 2));
    if (end > compound.length) break;
    const format = compound[at]! & 0x1f;
    if (compound[at + 1] === payloadFeedback && end - at >= 12) {
      if (format === 1) ssrcs.push(view.getUint32(at + 8));
      if (format === 4) for (let entry = at + 12; entry + 8 <= end; entry += 8) ssrcs.push(view.getUint32(entry));
    }
    at = end;
  }
  return ssrcs;
}

export interface ArrivedPacket {
  /** The transport-wide sequence number, counted on beyond 16 bits. */
  readonly number: number;
  /** In milliseconds. */
  readonly at: number;
}

const [notReceived, smallDelta, largeDelta] = [0, 1, 2];
const symbolsPerChunk = 7;
/** A report about more numbers would not fit into a packet. */
const maxNumbers = 400;

/**
 * Divides what has arrived into what one report each is about: in the order of the numbers, each once, and of a span that fits. Sound overtakes video, so packets do not arrive in the order of their
 * numbers.
 */
export function groupArrivals(arrived: readonly ArrivedPacket[]): ArrivedPacket[][] {
  const groups: ArrivedPacket[][] = [];
  for (const packet of [...arrived].sort((a, b) => a.number - b.number)) {
    const group = groups.at(-1);
    if (group?.at(-1)?.number === packet.number) continue;
    if (group !== undefined && packet.number - group[0]!.number < maxNumbers) group.push(packet);
    else groups.push([packet]);
  }
  return groups;
}

/**
 * Says when packets have arrived (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): those of one group of {@link groupArrivals}. Times are in steps of 250 µs from a reference in steps of
 * 64 ms.
 */
export function writeArrivals(ssrc: number, mediaSsrc: number, arrived: readonly ArrivedPacket[], reports: number): Uint8Array {
  const [first, last] = [arrived[0]!, arrived[arrived.length - 1]!];
  const reference = Math.floor(Math.min(...arrived.map(({ at }) => at)) / 64);
  const count = last.number - first.number + 1;
  const symbols: number[] = new Array<number>(count).fill(notReceived);
  const deltas: number[] = [];
  let ticks = reference * 256;
  for (const { number, at } of arrived) {
    const delta = Math.max(-32_768, Math.min(32_767, Math.round(at * 4) - ticks));
    ticks += delta;
    const isSmall = delta >= 0 && delta <= 255;
    symbols[number - first.number] = isSmall ? smallDelta : largeDelta;
    deltas.push(...(isSmall ? [delta] : [(delta >> 8) & 0xff, delta & 0xff]));
  }
  const chunks: number[] = [];
  for (let at = 0; at < count; at += symbolsPerChunk) {
    let chunk = 0xc000; // a vector of two-bit symbols
    for (let i = 0; i < symbolsPerChunk; i++) chunk |= (symbols[at + i] ?? notReceived) << (12 - 2 * i);
    chunks.push(chunk >> 8, chunk & 0xff);
  }
  const body = [
    ...uint32(ssrc), ...uint32(mediaSsrc), (first.number >> 8) & 0xff, first.number & 0xff, count >> 8, count & 0xff,
    (reference >> 16) & 0xff, (reference >> 8) & 0xff, reference & 0xff, reports & 0xff, ...chunks, ...deltas,
  ];
  return writeRtcp(transportFeedback, 15, [...body, ...new Array<number>((4 - (body.length % 4)) % 4).fill(0)]);
}

/** Counts numbers of some bits on beyond their end. */
export class Unwrapper {
  readonly #modulus: number;
  #last: number | null = null;

  constructor(bits: number) {
    this.#modulus = 2 ** bits;
  }

  unwrap(value: number): number {
    if (this.#last === null) return this.#last = value;
    const distance = ((value - this.#last) % this.#modulus + this.#modulus) % this.#modulus;
    return this.#last += distance < this.#modulus / 2 ? distance : distance - this.#modulus;
  }
}
