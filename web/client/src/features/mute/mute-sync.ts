import type { MediaType } from '../../core/wire-types.js';
import type { MuteClientMessage, MutedState } from './messages.js';

const kinds: readonly MediaType[] = ['audio', 'video'];

/** For this long, a state from the server may be the echo of a message that this client sent. */
const echoWindowMs = 1_000;

export interface MuteSyncHost {
  send(message: MuteClientMessage): boolean;
  /** A host or the settings of the meeting muted this client. */
  onSilenced(kind: MediaType): void;
}

interface KindState {
  sending: boolean;
  /** The state that the server was last sent; null before the first message on a socket. */
  reported: boolean | null;
  /** The latest state from the server within the echo window. */
  echo: boolean | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Synchronizes the mute state between this client and the server. The user's choice survives a reconnect. The server can mute this client, but never
 * unmute it.
 */
export class MuteSync {
  readonly #host: MuteSyncHost;
  readonly #state: Record<MediaType, KindState> = { audio: fresh(), video: fresh() };

  constructor(host: MuteSyncHost) {
    this.#host = host;
  }

  set(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    state.sending = sending;
    this.#report(kind);
  }

  /** Reports the state on a new socket. When the server has muted this client although it was last reported as sending, a host muted it. */
  handleJoined(muted: MutedState | undefined): void {
    const previous = { audio: this.#state.audio.reported, video: this.#state.video.reported };
    for (const kind of kinds) this.#state[kind].reported = null;
    for (const kind of kinds) {
      const first = previous[kind] === null;
      if (muted?.[kind] === true && previous[kind] !== false && (first || this.#state[kind].sending)) this.#silence(kind);
      this.#report(kind);
    }
  }

  /** Applies the server's broadcast about this participant. */
  handleUpdate(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (state.timer !== undefined) state.echo = sending;
    else this.#applyServerState(kind, sending);
  }

  close(): void {
    for (const state of Object.values(this.#state)) clearTimeout(state.timer);
  }

  #applyServerState(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (!sending && state.sending) {
      state.reported = false;
      this.#silence(kind);
    }
  }

  #silence(kind: MediaType): void {
    this.#state[kind].sending = false;
    this.#host.onSilenced(kind);
  }

  #report(kind: MediaType): void {
    const state = this.#state[kind];
    if (state.reported === state.sending) return;
    if (!this.#host.send({ type: state.sending ? 'unmute' : 'mute', mediaType: kind })) return;
    state.reported = state.sending;
    state.echo = null;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.timer = undefined;
      if (state.echo !== null) this.#applyServerState(kind, state.echo);
    }, echoWindowMs);
  }
}

const fresh = (): KindState => ({ sending: false, reported: null, echo: null, timer: undefined });
