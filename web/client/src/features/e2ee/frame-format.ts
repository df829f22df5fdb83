import { concat, type Bytes } from './bytes.js';
import type { KeyId } from './frame-key.js';

/**
 * An encrypted frame is `prefix ‖ ciphertext and tag ‖ trailer`. The prefix keeps a codec's packetizer and depacketizer working; receivers ignore it, because the
 * ciphertext contains the whole frame. The trailer has 14 bytes: generation (3), step (1), counter (6), length of ciphertext and tag (3), format (1).
 */
export const trailerBytes = 14;
export const tagBytes = 16;

/** How the frame is wrapped. The values have no meaning in H.264, where the last byte of a NAL unit must not be 0. */
export const formats = { plain: 0x11, h264: 0x12 } as const;

export interface Trailer extends KeyId {
  readonly counter: number;
  readonly length: number;
  readonly format: number;
}

export const maxCounter = 2 ** 48 - 1;
const maxFrameBytes = 2 ** 24 - 1 - tagBytes;

/** Whether a frame of this size fits into the format. */
export const fits = (bytes: number): boolean => bytes <= maxFrameBytes;

export function writeTrailer({ generation, step, counter, length, format }: Trailer): Bytes {
  const bytes = new Uint8Array(trailerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, generation * 256 + step);
  view.setUint16(4, Math.floor(counter / 2 ** 32));
  view.setUint32(6, counter >>> 0);
  view.setUint32(10, length * 256 + format);
  return bytes;
}

/** The trailer and the bytes before it that are encrypted; null when the frame does not have this format. Never throws. */
export function readFrame(frame: Uint8Array): { readonly trailer: Trailer; readonly trailerBytes: Bytes; readonly sealed: Bytes } | null {
  const format = frame.at(-1);
  if (format !== formats.plain && format !== formats.h264) return null;
  const unwrapped = format === formats.h264 ? unescapeLastNalUnit(frame) : frame;
  if (unwrapped.length < trailerBytes + tagBytes) return null;
  const start = unwrapped.length - trailerBytes;
  const view = new DataView(unwrapped.buffer, unwrapped.byteOffset + start, trailerBytes);
  const key = view.getUint32(0);
  const trailer: Trailer = {
    generation: Math.floor(key / 256),
    step: key & 0xff,
    counter: view.getUint16(4) * 2 ** 32 + view.getUint32(6),
    length: Math.floor(view.getUint32(10) / 256),
    format,
  };
  if (trailer.length < tagBytes || trailer.length > start) return null;
  return { trailer, trailerBytes: Uint8Array.from(unwrapped.subarray(start)), sealed: Uint8Array.from(unwrapped.subarray(start - trailer.length, start)) };
}

/** The frame as it is sent. `codec` is the MIME subtype in lower case: vp8, vp9, h264, av1, opus. */
export function wrapFrame(codec: string, clear: Uint8Array, body: Uint8Array): Bytes {
  switch (codec) {
    case 'vp8': return concat(clear.subarray(0, (clear[0] ?? 1) & 1 ? 3 : 10), body);
    case 'h264': return concat(h264Prefix(clear), escapeNalUnit(body));
    case 'av1': return concat(av1Header(body.length), body);
    case 'vp9': return concat(body);
    // Opus: the first byte tells only the kind of the packet, such as the length of its audio.
    default: return concat(clear.subarray(0, 1), body);
  }
}

/** The format of a codec in the trailer. */
export const formatOf = (codec: string): number => codec === 'h264' ? formats.h264 : formats.plain;

/** One OBU of the type frame with a size, which packetizers do not look into (AV1 specification, section 5.3). */
function av1Header(length: number): Bytes {
  const bytes = [0x32];
  for (let rest = length; ; rest >>>= 7) {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) return Uint8Array.from(bytes);
  }
}

/** Bytes of the first slice that stay clear after its start code: the NAL unit header and the start of the slice header, which names the parameter set. */
const clearSliceBytes = 5;

/** Types of NAL units (H.264 table 7-1). */
const nalTypes = { slice: 1, keySlice: 5, sequenceParameters: 7, pictureParameters: 8 } as const;

/** The parameter sets before the first slice, and the start of that slice. Other NAL units, such as SEI, are in the ciphertext only. */
function h264Prefix(frame: Uint8Array): Bytes {
  const sets: Uint8Array[] = [];
  /** Where the parameter set begins that the loop is in. */
  let set: number | null = null;
  for (let i = 0; i + 3 < frame.length; i++) {
    if (!isStartCode(frame, i)) continue;
    const start = frame[i - 1] === 0 ? i - 1 : i; // a start code of 4 bytes
    if (set !== null) sets.push(frame.subarray(set, start));
    const type = frame[i + 3]! & 0x1f;
    set = type === nalTypes.sequenceParameters || type === nalTypes.pictureParameters ? start : null;
    if (type !== nalTypes.slice && type !== nalTypes.keySlice) continue;
    const slice = new Uint8Array(clearSliceBytes).fill(0x80);
    slice.set(frame.subarray(i + 3, i + 3 + clearSliceBytes));
    // The last clear byte ends every run of zeros, so escaping does not depend on it.
    slice[clearSliceBytes - 1] = 0x80;
    return concat(...sets, frame.subarray(start, i + 3), slice);
  }
  return Uint8Array.of(0, 0, 0, 1, 0x41, 0x80, 0x80, 0x80, 0x80);
}

/** Emulation prevention (H.264 section 7.4.1): no start code appears in the result. */
export function escapeNalUnit(bytes: Uint8Array): Bytes {
  const out = new Uint8Array(Math.ceil(bytes.length * 1.5));
  let length = 0;
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros === 2 && byte <= 3) {
      out[length++] = 3;
      zeros = 0;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.slice(0, length);
}

function unescapeLastNalUnit(frame: Uint8Array): Bytes {
  let start = frame.length - 3;
  while (start >= 0 && !isStartCode(frame, start)) start--;
  const nal = start < 0 ? new Uint8Array() : frame.subarray(start + 3 + clearSliceBytes);
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros === 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.slice(0, length);
}

const isStartCode = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
