import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { MediaType, TrackSource } from '../../core/wire-types.js';
import type { JoinedMuted, MediaUpdateMessage, MuteClientMessage } from './messages.js';
import { MuteSync } from './mute-sync.js';

export interface MuteHost {
  send(message: MuteClientMessage): boolean;
  selfId(): string;
  /** The track that this participant publishes from the source. */
  localTrack(source: TrackSource): MediaStreamTrack | undefined;
  /** Called after every change of the mute state, when the tracks of muted sources are disabled. */
  onMuted(): void;
  /** Called after every change of the tracks or of the mute state, with what this participant sends now. */
  onChange(sending: Readonly<Record<MediaType, boolean>>): void;
  /** A host or the settings of the meeting muted this participant. */
  onSilenced(kind: MediaType): void;
}

/** The sources that can be muted. */
const kindOf: Readonly<Partial<Record<TrackSource, MediaType>>> = { microphone: 'audio', camera: 'video' };

/** The mute state of this participant: disables the published tracks and keeps the server informed. */
export class Mute implements Feature<JoinedMuted, MediaUpdateMessage> {
  readonly handlers: MessageHandlers<MediaUpdateMessage> = { 'media-update': message => this.#handleUpdate(message) };
  readonly #host: MuteHost;
  readonly #sync: MuteSync;
  readonly #muted: Record<MediaType, boolean> = { audio: false, video: false };

  constructor(host: MuteHost) {
    this.#host = host;
    this.#sync = new MuteSync({
      send: host.send,
      onSilenced: kind => {
        this.set(kind, true);
        host.onSilenced(kind);
      },
    });
  }

  isMuted(kind: MediaType): boolean {
    return this.#muted[kind];
  }

  isSourceMuted(source: TrackSource): boolean {
    const kind = kindOf[source];
    return kind !== undefined && this.#muted[kind];
  }

  set(kind: MediaType, muted: boolean): void {
    this.#muted[kind] = muted;
    this.refresh();
    this.#host.onMuted();
  }

  /** Applies the mute state to the published tracks. Call this after every change of a track. */
  refresh(): void {
    const sending: Record<MediaType, boolean> = { audio: false, video: false };
    for (const [source, kind] of Object.entries(kindOf) as [TrackSource, MediaType][]) {
      const track = this.#host.localTrack(source);
      if (track !== undefined) track.enabled = !this.#muted[kind];
      sending[kind] = track !== undefined && !this.#muted[kind];
      this.#sync.set(kind, sending[kind]);
    }
    this.#host.onChange(sending);
  }

  get joinFields(): { readonly muted: Readonly<Record<MediaType, boolean>> } {
    return this.#sync.joinFields;
  }

  handleJoined({ muted }: JoinedMuted): void {
    this.#sync.handleJoined(muted);
  }

  handleOffline(): void {
    this.#sync.handleOffline();
  }

  close(): void {
    this.#sync.close();
  }

  #handleUpdate({ participantId, audio, video, reference }: MediaUpdateMessage): void {
    if (participantId === this.#host.selfId()) this.#sync.handleUpdate({ audio, video }, reference);
  }
}
