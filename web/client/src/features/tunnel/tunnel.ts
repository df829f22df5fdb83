import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import { TunnelConnection } from './connection.js';
import type { JoinedTunnel } from './messages.js';
import { isTunnelled } from './tunnelled.js';

/** `on`: media takes tunnels, because no other path works. `off`: it does not, or not yet. `refused`: none works, and this page cannot use tunnels in an encrypted meeting. */
export type TunnelState = 'off' | 'on' | 'refused';

export interface TunnelHost {
  /** Whether this browser can use tunnels. */
  readonly isSupported: boolean;
  /** The URL of the tunnel of a session. */
  urlOf(sessionId: string): string;
  ticket(): string;
  /** Whether the frames of the meeting are encrypted. */
  isEncrypted(): boolean;
  /** Opens both connections to the media node again. Returns false when it cannot begin now. */
  replaceConnections(): boolean;
  /** Opens the connection that sends again. */
  replacePublishing(): void;
  onChange(state: TunnelState): void;
}

/** How long the first pair of candidates may take after both descriptions are known. Relays are among them, and need some round trips. */
const searchMs = 1_000;
const retryMs = 200;
/** How long tunnels are not tried again after one was refused. */
const refusedMs = 60_000;

/**
 * The last resort of people whose network lets nothing but HTTPS to the page's address through: when no pair of candidates works, both connections to the media node are opened again as tunnels. With the
 * next reconnect for another reason, the other paths are tried again first.
 */
export class Tunnel implements Feature<JoinedTunnel, never> {
  readonly handlers = {};
  /** The environment of the connections to the SFU. */
  readonly environment: Environment;
  readonly #host: TunnelHost;
  /** Connections to the media node that are not closed. */
  readonly #open = new Set<RTCPeerConnection>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #isAllowed = false;
  #isOn = false;
  /** The next socket is opened to begin with tunnels. */
  #isSwitching = false;
  #isOver = false;
  /** Until when tunnels are not tried again, because one was refused. */
  #refusedUntil = -Infinity;

  constructor(environment: Environment, host: TunnelHost) {
    this.#host = host;
    this.environment = { ...environment, createPeerConnection: configuration => (this.#isOn && !host.isEncrypted() ? this.#createTunnel(environment) : this.#watch(environment.createPeerConnection(configuration))) };
  }

  /** What `join` says about tunnels. `isResumed`: the present connections are kept. */
  joinFields(isResumed: boolean): { readonly tunnel?: true } {
    if (!isResumed && !this.#isSwitching && this.#isOn) {
      this.#isOn = false;
      this.#host.onChange('off');
    }
    this.#isSwitching = false;
    return this.#isOn ? { tunnel: true } : {};
  }

  handleJoined({ tunnel }: JoinedTunnel): void {
    this.#isAllowed = tunnel === true && this.#host.isSupported;
    if (!this.#isAllowed || this.#host.isEncrypted()) this.#isOn = false;
  }

  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#open.clear();
  }

  #createTunnel({ createWebSocket, monotonicNow, now }: Environment): RTCPeerConnection {
    const connection = new TunnelConnection({
      open: sessionId => createWebSocket(this.#host.urlOf(sessionId), ['meet.v1', `ticket.${this.#host.ticket()}`]),
      now: monotonicNow,
      wallTime: now,
      onOpen: () => this.#host.onChange('on'),
      onRefused: () => this.#leave(),
    }) as unknown as RTCPeerConnection;
    this.#open.add(connection);
    return connection;
  }

  #watch(connection: RTCPeerConnection): RTCPeerConnection {
    this.#forgetClosed();
    this.#open.add(connection);
    let isDescribed = false;
    connection.addEventListener('signalingstatechange', () => {
      if (isDescribed || connection.signalingState !== 'stable' || connection.getTransceivers().length === 0) return;
      isDescribed = true;
      this.#after(searchMs, () => this.#check(connection));
    });
    connection.addEventListener('iceconnectionstatechange', () => {
      if (hasPath(connection) && !this.#isOn) this.#leaveTunnels();
    });
    return connection;
  }

  #check(connection: RTCPeerConnection): void {
    this.#forgetClosed();
    if (this.#isOver || !this.#isAllowed || this.#isOn || this.environment.monotonicNow() < this.#refusedUntil || !this.#open.has(connection) || [...this.#open].some(hasPath)) return;
    if (this.#host.isEncrypted()) return this.#host.onChange('refused');
    this.#isOn = true;
    this.#isSwitching = true;
    if (this.#host.replaceConnections()) return;
    this.#isSwitching = this.#isOn = false;
    this.#after(retryMs, () => this.#check(connection));
  }

  /** A better path works: what still sends on a tunnel follows. */
  #leaveTunnels(): void {
    this.#forgetClosed();
    this.#host.onChange('off');
    if ([...this.#open].some(isTunnelled)) this.#host.replacePublishing();
  }

  /** A tunnel did not open: the server refuses it, or the network does. The other paths are tried again. */
  #leave(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#refusedUntil = this.environment.monotonicNow() + refusedMs;
    this.#host.onChange('off');
    this.#host.replaceConnections();
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  #forgetClosed(): void {
    for (const connection of this.#open) if (connection.connectionState === 'closed') this.#open.delete(connection);
  }
}

const hasPath = (connection: RTCPeerConnection): boolean =>
  !isTunnelled(connection) && (connection.iceConnectionState === 'connected' || connection.iceConnectionState === 'completed');
