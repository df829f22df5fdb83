import type { MediaType } from '../../core/wire-types.js';
import type { MuteClientMessage, MutedState } from './messages.js';

const kinds: readonly MediaType[] = ['audio', 'video'];

/**
 * How long to wait for a response. If an update has arrived by then, it counts as newer than the message, because older servers never respond. Otherwise the message is
 * sent again, because a rate limit or an outage may have rejected it.
 */
const responseTimeoutMs = 10_000;

const maxRetries = 5;

export interface MuteSyncHost {
  send(message: MuteClientMessage): boolean;
  /** A host or the settings of the meeting muted this client. */
  onSilenced(kind: MediaType): void;
}

interface KindState {
  sending: boolean;
  /** The state that the server was last sent; null before the first message on a socket. */
  reported: boolean | null;
  /** The reference of the last message, until the server has responded to it. */
  waitingFor: string | null;
  retries: number;
  /** The mute state in the server's latest update about this client. */
  muted: boolean;
  /** The latest state that the server announced while waiting. It may be older than the message. */
  update: boolean | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Synchronizes the mute state between this client and the server. The user's choice survives a reconnect. The server can mute this client, but never
 * unmute it.
 */
export class MuteSync {
  readonly #host: MuteSyncHost;
  readonly #state: Record<MediaType, KindState> = { audio: fresh(), video: fresh() };
  #sent = 0;

  constructor(host: MuteSyncHost) {
    this.#host = host;
  }

  set(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (state.sending !== sending) state.retries = 0;
    state.sending = sending;
    this.#report(kind);
  }

  /** What the `join` message says about the state, so that the others need not be told of a mute right after the join. */
  get joinFields(): { readonly muted: Readonly<Record<MediaType, boolean>> } {
    return { muted: { audio: !this.#state.audio.sending, video: !this.#state.video.sending } };
  }

  /** Reports the state on a new socket. If the server reports this client as muted after it had confirmed that the client sends, a host muted it. */
  handleJoined(muted: MutedState | undefined): void {
    const previous = { audio: this.#confirmed('audio'), video: this.#confirmed('video') };
    for (const kind of kinds) {
      Object.assign(this.#state[kind], { reported: null, retries: 0, muted: muted?.[kind] === true } satisfies Partial<KindState>);
      this.#stopWaiting(this.#state[kind]);
    }
    for (const kind of kinds) {
      const first = previous[kind] === null;
      if (muted?.[kind] === true && previous[kind] !== false && (first || this.#state[kind].sending)) this.#silence(kind);
      this.#report(kind);
    }
  }

  /** Applies the server's update about this participant. `reference` is that of the message of this client to which it responds. */
  handleUpdate(sending: Readonly<Record<MediaType, boolean>>, reference: string | undefined): void {
    for (const kind of kinds) {
      const state = this.#state[kind];
      if (state.waitingFor !== null && state.waitingFor === reference) {
        state.retries = 0;
        this.#stopWaiting(state);
      }
      if (state.waitingFor === null) this.#applyServerState(kind, sending[kind]);
      else if (reference === undefined) state.update = sending[kind];
      else if (reference.startsWith(`${kind}-`)) state.update = null; // the response to an older message, which the updates before it may have announced
    }
  }

  /** Sends nothing until the next `handleJoined`. */
  handleOffline(): void {
    for (const state of Object.values(this.#state)) clearTimeout(state.timer);
  }

  close(): void {
    this.handleOffline();
  }

  /** What the server knows. While it counts this client as muted, an unmute without a response may not have reached it. */
  #confirmed(kind: MediaType): boolean | null {
    const { reported, waitingFor, muted } = this.#state[kind];
    return waitingFor !== null && muted ? false : reported;
  }

  #applyServerState(kind: MediaType, sending: boolean): void {
    const state = this.#state[kind];
    if (sending) state.muted = false;
    if (!sending && state.sending) {
      state.reported = false;
      this.#silence(kind);
    }
  }

  #silence(kind: MediaType): void {
    Object.assign(this.#state[kind], { sending: false, muted: true } satisfies Partial<KindState>);
    this.#host.onSilenced(kind);
  }

  #report(kind: MediaType): void {
    const state = this.#state[kind];
    if (state.reported === state.sending) return;
    const reference = `${kind}-${this.#sent + 1}`;
    if (!this.#host.send({ type: state.sending ? 'unmute' : 'mute', mediaType: kind, reference })) return;
    this.#sent++;
    state.reported = state.sending;
    this.#stopWaiting(state);
    state.waitingFor = reference;
    state.timer = setTimeout(() => this.#handleTimeout(kind), responseTimeoutMs);
  }

  #handleTimeout(kind: MediaType): void {
    const state = this.#state[kind];
    const { update } = state;
    this.#stopWaiting(state);
    if (update === false) this.#applyServerState(kind, update);
    if (update === state.reported || state.retries === maxRetries) return;
    state.retries++;
    state.reported = null;
    this.#report(kind);
  }

  #stopWaiting(state: KindState): void {
    clearTimeout(state.timer);
    Object.assign(state, { waitingFor: null, update: null, timer: undefined } satisfies Partial<KindState>);
  }
}

const fresh = (): KindState => ({ sending: false, reported: null, waitingFor: null, retries: 0, muted: false, update: null, timer: undefined });
