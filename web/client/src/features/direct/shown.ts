import type { TrackSource } from '../../core/wire-types.js';
import type { ShownTrack } from '../view/messages.js';

/** A size in device pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The pictures of one participant that another one shows, each in its size on the screen. Others are not sent. */
export type Shown = ReadonlyMap<ShownTrack['source'], Size>;

/** What one page tells another one on their direct connection. */
export interface PageState {
  readonly shown: Shown;
  /** What its participant publishes, in a meeting in which no server tells; otherwise null. */
  readonly published: readonly TrackSource[] | null;
}

const sources: readonly ShownTrack['source'][] = ['camera', 'screen'];
const publishable: readonly TrackSource[] = ['microphone', 'camera', 'screen', 'screen-audio'];
const maxPixels = 16_384;
/** A message names two pictures. */
const maxLength = 1_000;

/** The message: a list of what is shown, or an object with that list and what is published. */
export function writeState({ shown, published }: PageState): string {
  const list = sources.filter(source => shown.has(source)).map(source => ({ source, ...shown.get(source)! }));
  return JSON.stringify(published === null ? list : { shown: list, published: publishable.filter(source => published.includes(source)) });
}

/** What the other page tells, or null if the message is invalid. */
export function readState(text: unknown): PageState | null {
  if (typeof text !== 'string' || text.length > maxLength) return null;
  const message = parse(text);
  if (Array.isArray(message)) return withShown(message, null);
  const { shown, published } = (message ?? {}) as { shown?: unknown; published?: unknown };
  return Array.isArray(published) && published.every(isPublishable) ? withShown(shown, published) : null;
}

function withShown(entries: unknown, published: readonly TrackSource[] | null): PageState | null {
  const shown = readShown(entries);
  return shown === null ? null : { shown, published: published === null ? null : [...new Set(published)] };
}

function readShown(entries: unknown): Shown | null {
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

const isPublishable = (source: unknown): source is TrackSource => publishable.some(one => one === source);

function isPixels(length: number | undefined): length is number {
  return Number.isInteger(length) && length! >= 1 && length! <= maxPixels;
}
