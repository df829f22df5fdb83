import type { TrackSource } from '../../core/wire-types.js';

interface Encoding extends RTCRtpEncodingParameters {
  /** https://www.w3.org/TR/webrtc-svc/ */
  readonly scalabilityMode?: string;
  /** The size that the picture is scaled down to, with its shape. Browsers that do not know it send the whole picture. https://w3c.github.io/webrtc-extensions/ */
  readonly scaleResolutionDownTo?: { readonly maxWidth: number; readonly maxHeight: number };
}

/**
 * Screen content is mostly text, which needs few but sharp frames: one size with three frame rates, so that a narrow line gets fewer frames instead of a blurred picture.
 * A larger screen takes too long to encode, and too much of a line.
 */
export const screenEncoding = { maxBitrate: 2_500_000, maxFramerate: 10, scalabilityMode: 'L1T3', scaleResolutionDownTo: { maxWidth: 1920, maxHeight: 1080 } } as const satisfies Encoding;

/**
 * The layers of a camera, from the largest to the smallest: a browser leaves out the last ones when the camera is too small for all of them. Without the mode, Chromium
 * encodes only the first layer with some codecs, and leaves out the header extension by which media nodes know the temporal layers. All layers have the same frame rate,
 * because a limit on one slows all of them: media nodes halve the rate for receivers with narrow lines.
 */
const cameraLayers: Encoding[] = [
  { rid: 'f', maxBitrate: 1_200_000 },
  { rid: 'h', maxBitrate: 400_000, scaleResolutionDownBy: 2 },
  { rid: 'q', maxBitrate: 150_000, scaleResolutionDownBy: 4 },
].map(layer => ({ ...layer, maxFramerate: 30, scalabilityMode: 'L1T3' }));

/** The lines of the pictures of which {@link cameraLayers} has the bit rates. A camera of another size sends its layers at the same ones. */
const layerHeights = [720, 360, 180];

/** The bit rate of the layer that is the nearest one in height, for pictures of other senders. */
export function usualBitrateOf(height: number): number {
  const distances = layerHeights.map(one => Math.abs(Math.log2(height / one)));
  return cameraLayers[distances.indexOf(Math.min(...distances))]!.maxBitrate!;
}

/** What the layers of a camera take together at most. */
const cameraBitsPerSecond = cameraLayers.reduce((sum, layer) => sum + layer.maxBitrate!, 0);

/** The encodings of each source. `cameraLimit`, in bits per second, limits all layers of the camera in proportion, so that receivers still find the layer that fits them. */
export function encodingFor(source: TrackSource, cameraLimit: number | null = null): Encoding[] | undefined {
  switch (source) {
    case 'camera': return cameraLayers.map(layer => ({ ...layer, maxBitrate: Math.round(layer.maxBitrate! * shareOf(cameraLimit)) }));
    case 'screen': return [{ ...screenEncoding }];
    default: return undefined;
  }
}

function shareOf(cameraLimit: number | null): number {
  return cameraLimit === null ? 1 : Math.min(1, cameraLimit / cameraBitsPerSecond);
}

export function hintTrack(track: MediaStreamTrack, source: TrackSource): void {
  if (source === 'screen') track.contentHint = 'detail';
  else if (source === 'camera') track.contentHint = 'motion';
  else if (source === 'microphone') track.contentHint = 'speech';
}

/** Sends each frame of speech twice, where the browser can (RFC 2198), so that a lost packet is not heard. It costs as much as a second microphone, which is little beside a camera. */
export function preferRedundancy(transceiver: RTCRtpTransceiver, codecs: RTCRtpCodec[]): void {
  const redundant = codecs.filter(codec => codec.mimeType.toLowerCase() === 'audio/red');
  if (redundant.length === 0) return;
  try {
    transceiver.setCodecPreferences([...redundant, ...codecs.filter(codec => !redundant.includes(codec))]);
  } catch {
    // The browser lists codecs that it cannot send in this order. It keeps its own order.
  }
}
