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
