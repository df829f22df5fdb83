import type { ShownTrack } from '../view/messages.js';

/** A size in device pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The pictures of one participant that another one shows, each in its size on the screen. Others are not sent. */
export type Shown = ReadonlyMap<ShownTrack['source'], Size>;

const sources: readonly ShownTrack['source'][] = ['camera', 'screen'];
const maxPixels = 16_384;
/** A message names two pictures. */
const maxLength = 1_000;
/** A picture with this part of the size on the screen is large enough, as at media nodes. */
const sufficient = 0.75;
/** A camera that does not tell its size is assumed to have the one that pages ask for. */
const usual: Size = { width: 1280, height: 720 };

/** The message about what is shown. */
export function writeShown(shown: Shown): string {
  return JSON.stringify(sources.filter(source => shown.has(source)).map(source => ({ source, ...shown.get(source)! })));
}

/** What the other participant shows, or null if the message is invalid. */
export function readShown(text: unknown): Shown | null {
  if (typeof text !== 'string' || text.length > maxLength) return null;
  const entries = parse(text);
  if (!Array.isArray(entries)) return null;
  const shown = new Map<ShownTrack['source'], Size>();
  for (const entry of entries as readonly Partial<ShownTrack>[]) {
    const source = sources.find(one => one === entry?.source);
    if (source === undefined || !isPixels(entry.width) || !isPixels(entry.height)) return null;
    shown.set(source, { width: entry.width, height: entry.height });
  }
  return shown;
}

/** By how much a camera of this size is made smaller for a picture of that size on the screen: by the same steps as the layers that are sent to media nodes. */
export function scaleFor(camera: Partial<Size>, shown: Size): 1 | 2 | 4 {
  const [width, height] = [camera.width ?? usual.width, camera.height ?? usual.height];
  const suffices = (scale: number) => width / scale >= shown.width * sufficient || height / scale >= shown.height * sufficient;
  return suffices(4) ? 4 : suffices(2) ? 2 : 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isPixels(length: number | undefined): length is number {
  return Number.isInteger(length) && length! >= 1 && length! <= maxPixels;
}
