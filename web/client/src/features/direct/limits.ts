import { screenEncoding } from '../media/encodings.js';
import type { Size } from './shown.js';

/** What is sent of a picture at most. */
export interface Limits {
  /** Bits per second. */
  readonly maxBitrate: number;
  /** Pictures per second. */
  readonly maxFramerate: number;
  /** By how much width and height are made smaller. */
  readonly scaleResolutionDownBy: number;
}

type Scale = 1 | 2 | 4;

/** A camera with this part of the size on the screen is large enough, as at media nodes. Text is not: a screen has at least the size in which it is shown. */
const sufficient = { camera: 0.75, screen: 1 };
/** A camera that does not tell its size is assumed to have the one that pages ask for. */
const usualCamera: Size = { width: 1280, height: 720 };
const cameraFramesPerSecond = 30;
/** What is sent at most, by how much smaller the picture is made. */
const cameraBitsPerSecond: Readonly<Record<Scale, number>> = { 1: 1_500_000, 2: 400_000, 4: 150_000 };
const screenBitsPerSecond: Readonly<Record<Scale, number>> = { 1: screenEncoding.maxBitrate, 2: 1_000_000, 4: 400_000 };

/** The limits of a camera of this size that is shown in that size, by the same steps as the layers that are sent to media nodes. `bitsPerSecond` is a further limit, or null. */
export function cameraLimits(camera: Partial<Size>, shown: Size, bitsPerSecond: number | null): Limits {
  const scale = scaleFor({ ...usualCamera, ...camera }, shown, sufficient.camera);
  return { maxBitrate: Math.min(cameraBitsPerSecond[scale], bitsPerSecond ?? Infinity), maxFramerate: cameraFramesPerSecond, scaleResolutionDownBy: scale };
}

/** The limits of a screen of this size that is shown in that size: never more than media nodes get. */
export function screenLimits(screen: Partial<Size>, shown: Size): Limits {
  const { maxWidth, maxHeight } = screenEncoding.scaleResolutionDownTo;
  const [width, height] = [screen.width ?? maxWidth, screen.height ?? maxHeight];
  const bound = Math.max(1, Math.max(width, height) / maxWidth, Math.min(width, height) / maxHeight);
  const scale = scaleFor({ width: width / bound, height: height / bound }, shown, sufficient.screen);
  return { maxBitrate: screenBitsPerSecond[scale], maxFramerate: screenEncoding.maxFramerate, scaleResolutionDownBy: bound * scale };
}

function scaleFor({ width, height }: Size, shown: Size, part: number): Scale {
  const suffices = (scale: number) => width / scale >= shown.width * part || height / scale >= shown.height * part;
  return suffices(4) ? 4 : suffices(2) ? 2 : 1;
}
