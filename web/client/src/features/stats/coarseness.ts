import { usualBitrateOf } from '../media/encodings.js';

export interface CoarsenessInput {
  /** Bits per second. */
  readonly bitrate: number;
  readonly codec: string | null;
  readonly height: number;
  /** The mean quantizer of the pictures, on the scale of the codec; null while unknown. */
  readonly quantizer: number | null;
}

/** The quantizer above which libwebrtc's encoders send a smaller picture, because this one looks bad (`video_encoder.h`, `QpThresholds`, and the encoders' own). */
const coarseQuantizers: Readonly<Record<string, number>> = { VP8: 95, VP9: 205, H264: 37, AV1: 205 };

/**
 * How far the bit rate of a camera is below that of a layer of its size, when the pictures show that: a picture in which nothing moves needs few bits and is sharp,
 * one that gets too few bits is blocky. 0 for a picture that gets what it needs, and while it is unknown.
 */
export function coarseness({ bitrate, codec, height, quantizer }: CoarsenessInput): number {
  const coarse = codec === null ? undefined : coarseQuantizers[codec];
  if (height === 0 || quantizer === null || coarse === undefined || quantizer <= coarse) return 0;
  return Math.max(0, 1 - bitrate / usualBitrateOf(height));
}
