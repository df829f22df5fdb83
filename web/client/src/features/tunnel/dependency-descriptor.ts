/** The ID of the extension in what this client sends. */
export const descriptorId = 2;
export const descriptorUri = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

export interface DescribedPacket {
  /** Whether a frame begins, or ends, with the packet. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** Counts the frames that are sent. */
  readonly frame: number;
  /** The size of the picture with the first packet of a key frame, otherwise null. */
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly isKey: boolean;
}

/** Template 0 is a key frame, and 1 a frame that needs the one before. */
const [keyTemplate, deltaTemplate] = [0, 1];
const switchPoint = 2;

/**
 * Writes the dependency descriptor (RTP Payload Format for AV1, appendix A.8.2) of a stream with one layer, as browsers send it. It tells the media node and receivers what they cannot read in encrypted frames.
 */
export function writeDescriptor({ begins, ends, frame, size, isKey }: DescribedPacket): Uint8Array {
  const fields: [value: number, bits: number][] = [[Number(begins), 1], [Number(ends), 1], [isKey ? keyTemplate : deltaTemplate, 6], [frame & 0xffff, 16]];
  if (size !== null) {
    fields.push(
      [0b10000, 5], // the structure is attached, and nothing else
      [0, 6], [0, 5], // the first template has the number 0, and there is one decode target
      [0, 2], [3, 2], // the second template has the same layer, and is the last one
      [switchPoint, 2], [switchPoint, 2],
      [0, 1], [0b100000, 6], // a key frame needs no frame, another one that at a distance of 1
      [1, 1], [0, 4], [1, 4], // one chain, which all frames belong to
      [1, 1], [size.width - 1, 16], [size.height - 1, 16],
    );
  }
  const bits = fields.map(([value, length]) => value.toString(2).padStart(length, '0')).join('');
  return Uint8Array.from(bits.match(/.{1,8}/g)!, byte => parseInt(byte.padEnd(8, '0'), 2));
}
