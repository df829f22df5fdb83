import type { ClientMessage, MediaType, MutedState } from './protocol.js';

const kinds: readonly MediaType[] = ['audio', 'video'];

/** How long the server's word on our own state may be an echo of what we just said. */
const echoWindowMs = 1_000;

export interface MuteHost {
  send(message: ClientMessage): boolean;
  /** Somebody else silenced us. */
  onSilenced(kind: MediaType): void;
}

interface KindState {
  sending: boolean;
  told: boolean | null;
  echo: boolean | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Keeps what we send and what the server believes the same. What the user chose survives a reconnect; the server can silence, but can
 * never make live.
 */
export class MuteSync {
  readonly #host: MuteHost;
  readonly #state: Record<MediaType, KindState> = { audio: fresh(), video: fresh() };

  constructor(host: MuteHost) {
    this.#host = host;
  }

  set(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    state.sending = sending;
    this.#tell(kind);
  }

  /** A new socket: everything is said again. What the server silenced while it believed us to be sending was done by somebody else. */
  joined(muted: MutedState | undefined): void {
    const before = { audio: this.#state.audio.told, video: this.#state.video.told };
    for (const kind of kinds) this.#state[kind].told = null;
    for (const kind of kinds) {
      const first = before[kind] === null;
      if (muted?.[kind] === true && before[kind] !== false && (first || this.#state[kind].sending)) this.#silence(kind);
      this.#tell(kind);
    }
  }

  /** The server's broadcast about ourselves. */
  update(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (state.timer !== undefined) state.echo = sending;
    else this.#settle(kind, sending);
  }

  close(): void {
    for (const state of Object.values(this.#state)) clearTimeout(state.timer);
  }

  #settle(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (!sending && state.sending) {
      state.told = false;
      this.#silence(kind);
    }
  }

  #silence(kind: MediaType): void {
    this.#state[kind].sending = false;
    this.#host.onSilenced(kind);
  }

  #tell(kind: MediaType): void {
    const state = this.#state[kind];
    if (state.told === state.sending) return;
    if (!this.#host.send({ type: state.sending ? 'unmute' : 'mute', mediaType: kind })) return;
    state.told = state.sending;
    state.echo = null;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.timer = undefined;
      if (state.echo !== null) this.#settle(kind, state.echo);
    }, echoWindowMs);
  }
}

const fresh = (): KindState => ({ sending: false, told: null, echo: null, timer: undefined });
