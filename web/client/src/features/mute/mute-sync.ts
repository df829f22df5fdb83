import type { MediaType } from '../../core/wire-types.js';
import type { MuteClientMessage, MutedState } from './messages.js';

const kinds: readonly MediaType[] = ['audio', 'video'];

/**
 * After this time without a response, a message is sent again: the server may have rejected it because of a rate limit or an outage. Older servers never respond;
 * with them, an update that has arrived meanwhile counts as newer than the message.
 */
const responseTimeoutMs = 10_000;

/** References that start with it are those of this class, followed by a number that grows. */
const prefix = 'mute-';

const numberOf = (reference: string | undefined): number | null => (reference?.startsWith(prefix) === true ? Number(reference.slice(prefix.length)) : null);

export interface MuteSyncHost {
  send(message: MuteClientMessage): boolean;
  /** A host or the settings of the meeting muted this client. */
  onSilenced(kind: MediaType): void;
}

interface KindState {
  sending: boolean;
  /** The state that the server was last sent; null before the first message on a socket. */
  reported: boolean | null;
  /** The number of the last message, until the server has responded to it. */
  waitingFor: number | null;
  /** The latest state from the server while waiting. It may be older than the message. */
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
  #serverResponds = false;

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
    this.#serverResponds = false;
    const previous = { audio: this.#state.audio.reported, video: this.#state.video.reported };
    for (const kind of kinds) {
      this.#state[kind].reported = null;
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
    const answered = numberOf(reference);
    this.#serverResponds ||= answered !== null;
    for (const kind of kinds) {
      const state = this.#state[kind];
      if (answered !== null && state.waitingFor !== null && answered >= state.waitingFor) this.#stopWaiting(state);
      if (state.waitingFor === null) this.#applyServerState(kind, sending[kind]);
      else state.update = sending[kind];
    }
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
    const number = this.#sent + 1;
    if (!this.#host.send({ type: state.sending ? 'unmute' : 'mute', mediaType: kind, reference: `${prefix}${number}` })) return;
    this.#sent = number;
    state.reported = state.sending;
    this.#stopWaiting(state);
    state.waitingFor = number;
    state.timer = setTimeout(() => {
      const { update } = state;
      this.#stopWaiting(state);
      if (this.#serverResponds) {
        state.reported = null;
        this.#report(kind);
      } else if (update !== null) {
        this.#applyServerState(kind, update);
      }
    }, responseTimeoutMs);
  }

  #stopWaiting(state: KindState): void {
    clearTimeout(state.timer);
    Object.assign(state, { waitingFor: null, update: null, timer: undefined } satisfies Partial<KindState>);
  }
}

const fresh = (): KindState => ({ sending: false, reported: null, waitingFor: null, update: null, timer: undefined });
