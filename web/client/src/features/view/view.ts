import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { JoinedView, PausedTrack, ShownTrack, ViewMessage, ViewServerMessage } from './messages.js';

const maxTracks = 200;
const maxPinned = 200;
const maxPixels = 16_384;
/** The server passes on four views a second, and two at once after a pause: the first after a join is often outdated when the page has drawn the participants. */
const intervalMs = 250;
const burst = 2;

export interface ViewHost {
  send(message: ViewMessage): boolean;
  /** The tracks that the server does not send, because the line cannot take them. */
  onPaused(tracks: readonly PausedTrack[]): void;
}

/** Tells the server which video tracks the page shows, so that it sends each in a quality that fits, and nothing that is not shown. */
export class View implements Feature<JoinedView, ViewServerMessage> {
  readonly handlers: MessageHandlers<ViewServerMessage> = {
    'paused': ({ tracks }) => this.#host.onPaused(tracks.map(({ participantId, source }) => ({ participantId, source }))),
  };
  readonly #host: ViewHost;
  #tracks: readonly ShownTrack[] | null = null;
  #pinned: readonly string[] = [];
  #sent = '';
  #supported = false;
  /** How many views may be sent now. */
  #credit = burst;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ViewHost) {
    this.#host = host;
  }

  /** Replaces what is shown, and who is heard although others are louder. The order has no meaning. */
  set(tracks: readonly ShownTrack[], pinned: readonly string[]): void {
    this.#pinned = pinned.slice(0, maxPinned).sort();
    this.#tracks = tracks.slice(0, maxTracks)
      .map(({ participantId, source, width, height, pinned }) => ({ participantId, source, width: pixels(width), height: pixels(height), ...(pinned === true ? { pinned } : {}) }))
      .sort((one, other) => key(one).localeCompare(key(other)));
    this.#flush();
  }

  /** Whether the page shows the track. A page that never tells shows everything. */
  shows(participantId: string, source: ShownTrack['source']): boolean {
    return this.#tracks === null || this.#tracks.some(track => track.participantId === participantId && track.source === source);
  }

  /** The tracks of a participant that the page shows, with their sizes. A page that never tells shows everything as large as it is. */
  shownOf(participantId: string): ReadonlyMap<ShownTrack['source'], { readonly width: number; readonly height: number }> {
    const tracks = this.#tracks ?? (['camera', 'screen'] as const).map(source => ({ participantId, source, width: maxPixels, height: maxPixels }));
    return new Map(tracks.filter(track => track.participantId === participantId).map(({ source, width, height }) => [source, { width, height }]));
  }

  handleJoined({ capabilities }: JoinedView): void {
    this.#supported = capabilities?.view === true;
    this.#sent = '';
    this.#host.onPaused([]); // what is paused follows
    this.#flush();
  }

  handleOffline(): void {
    this.#supported = false;
  }

  close(): void {
    this.#stopRefill();
    this.#tracks = null;
  }

  /** Sends a change at once if the server takes it, and several later ones together. */
  #flush(): void {
    if (this.#tracks === null || !this.#supported || this.#credit === 0) return;
    const message: ViewMessage = { type: 'view', tracks: this.#tracks, ...(this.#pinned.length === 0 ? {} : { pinned: this.#pinned }) };
    const text = JSON.stringify(message);
    if (text === this.#sent || !this.#host.send(message)) return;
    this.#sent = text;
    this.#credit -= 1;
    this.#timer ??= setInterval(() => this.#refill(), intervalMs);
  }

  #refill(): void {
    this.#credit += 1;
    if (this.#credit === burst) this.#stopRefill();
    this.#flush();
  }

  #stopRefill(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const key = ({ participantId, source }: ShownTrack): string => `${participantId} ${source}`;

function pixels(length: number): number {
  return Math.min(maxPixels, Math.max(1, Math.round(length)));
}
