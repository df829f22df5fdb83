import type { Feature } from '../../core/feature.js';
import type { JoinedView, ShownTrack, ViewMessage } from './messages.js';

const maxTracks = 200;
const maxPixels = 16_384;
/** The server passes on at most four views a second. */
const intervalMs = 250;

/** Tells the server which video tracks the page shows, so that it sends each in a quality that fits, and nothing that is not shown. */
export class View implements Feature<JoinedView, never> {
  readonly handlers = {};
  readonly #send: (message: ViewMessage) => boolean;
  #tracks: readonly ShownTrack[] | null = null;
  #sent = '';
  #supported = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (message: ViewMessage) => boolean) {
    this.#send = send;
  }

  /** Replaces what is shown. The order has no meaning. */
  set(tracks: readonly ShownTrack[]): void {
    this.#tracks = tracks.slice(0, maxTracks)
      .map(({ participantId, source, width, height }) => ({ participantId, source, width: pixels(width), height: pixels(height) }))
      .sort((one, other) => key(one).localeCompare(key(other)));
    this.#flush();
  }

  /** Whether the page shows the track. A page that never tells shows everything. */
  shows(participantId: string, source: ShownTrack['source']): boolean {
    return this.#tracks === null || this.#tracks.some(track => track.participantId === participantId && track.source === source);
  }

  handleJoined({ capabilities }: JoinedView): void {
    this.#supported = capabilities?.view === true;
    this.#sent = '';
    this.#flush();
  }

  handleOffline(): void {
    this.#supported = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#tracks = null;
  }

  /** Sends the first change at once, and later ones together. */
  #flush(): void {
    if (this.#tracks === null || !this.#supported || this.#timer !== undefined) return;
    const text = JSON.stringify(this.#tracks);
    if (text === this.#sent || !this.#send({ type: 'view', tracks: this.#tracks })) return;
    this.#sent = text;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, intervalMs);
  }
}

const key = ({ participantId, source }: ShownTrack): string => `${participantId} ${source}`;

function pixels(length: number): number {
  return Math.min(maxPixels, Math.max(1, Math.round(length)));
}
