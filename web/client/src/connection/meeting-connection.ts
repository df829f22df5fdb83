import type { Environment } from '../core/environment.js';
import type { JoinedSocket } from '../core/feature.js';
import type { HttpApi } from '../core/http.js';
import type { WireMessage } from '../core/messages.js';
import { Dialer } from './dialer.js';
import type { JoinIdentity } from './join.js';
import type { JoinResponse } from './meetings-api.js';
import { SignalingChannel } from './signaling-channel.js';
import { isFinal, type ConnectionStatus, type NewStatus } from './status.js';

export interface ConnectionHost<Sent, Received> {
  joinMessage(participantId: string): Sent;
  parse(data: unknown): Received | null;
  onMessage(message: Received): void;
  /** Nothing can be sent until the next `joined`. */
  onOffline(): void;
  onStatus(status: ConnectionStatus): void;
  /** The participant is no longer in the meeting, for good. Called once, before the final status. */
  onOver(): void;
  /** Whether audio or video is interrupted although it was connected before. */
  isMediaLost(): boolean;
}

/** The connection of one participant to signaling, from the join to the end: it dials, reconnects, and keeps the status that the page shows. */
export class MeetingConnection<Sent, Received extends WireMessage> {
  readonly #environment: Environment;
  readonly #host: ConnectionHost<Sent, Received>;
  readonly #dialer: Dialer;
  readonly #channel: SignalingChannel<Sent, Received>;
  readonly #stopWatchingNetwork: () => void;
  #status: ConnectionStatus;
  #everJoined = false;
  #isOffline = false;

  constructor(environment: Environment, http: HttpApi, identity: JoinIdentity, response: JoinResponse, host: ConnectionHost<Sent, Received>) {
    this.#environment = environment;
    this.#host = host;
    this.#status = { phase: 'connecting', since: environment.monotonicNow(), waitingFor: 'signaling' };
    this.#dialer = new Dialer(http, identity, response, status => this.finish(status));
    this.#channel = new SignalingChannel(environment, {
      dial: (attempt, rejected) => this.#dialer.dial(attempt, rejected),
      joinMessage: () => host.joinMessage(this.#dialer.response.participantId),
      parse: host.parse,
      onMessage: host.onMessage,
      onLost: () => this.#handleLost(),
      onReplaced: () => this.finish({ phase: 'failed', code: 'replaced' }),
    });
    this.#stopWatchingNetwork = environment.watchNetwork(online => {
      if (this.isOver) return;
      this.#isOffline = !online;
      if (online) this.#channel.reconnect();
      else this.#set({ phase: this.#waitingPhase, waitingFor: 'network' });
    });
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  get isOver(): boolean {
    return isFinal(this.#status.phase);
  }

  get ticket(): string {
    return this.#dialer.response.ticket;
  }

  /** The current socket, for the handlers of `joined`. */
  get socket(): JoinedSocket {
    return { isFirst: !this.#everJoined, byTicket: this.#dialer.isByTicket };
  }

  start(): void {
    this.#channel.start();
  }

  /** False when the socket is not open. Nothing is queued. */
  send(message: Sent): boolean {
    return this.#channel.send(message);
  }

  /** Opens a new socket at once, even if the current one is healthy. */
  reconnect(): void {
    this.#channel.reconnect();
  }

  /** Call this after all features have handled `joined`. */
  handleJoined(): void {
    this.#everJoined = true;
    this.#isOffline = false;
    this.#dialer.handleJoined();
    this.refresh();
  }

  /** Call this after a change of the media connections. */
  refresh(): void {
    if (this.isOver || this.#isOffline || !this.#channel.isOpen) return;
    this.#set(this.#host.isMediaLost() ? { phase: 'reconnecting', waitingFor: 'media' } : { phase: 'connected' });
  }

  /** Closes everything for good, with a final phase as the status. */
  finish(status: NewStatus): void {
    if (this.isOver) return;
    this.#stopWatchingNetwork();
    this.#channel.close();
    this.#host.onOver();
    this.#set(status);
  }

  get #waitingPhase(): 'connecting' | 'reconnecting' {
    return this.#everJoined ? 'reconnecting' : 'connecting';
  }

  #handleLost(): void {
    if (this.isOver) return;
    this.#host.onOffline();
    this.#set({ phase: this.#waitingPhase, waitingFor: 'signaling' });
  }

  #set(status: NewStatus): void {
    const current = this.#status;
    if (current.phase === status.phase && current.waitingFor === status.waitingFor) return;
    this.#status = { ...status, since: current.phase === status.phase ? current.since : this.#environment.monotonicNow() };
    this.#host.onStatus(this.#status);
  }
}
