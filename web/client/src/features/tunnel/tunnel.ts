import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import { TunnelConnection } from './connection.js';
import { isTunnelled, type TunnelEnvironment } from './tunnelled.js';

/** `on`: media takes tunnels, because no other path works. */
export type TunnelState = 'off' | 'on';

/** What this feature reads of the message. */
export type TunnelServerMessage = { type: 'ice-servers'; tunnel?: boolean };

export interface TunnelHost {
  /** Whether this browser can use tunnels. */
  readonly isSupported: boolean;
  /** The connection that sends. */
  publishing(): RTCPeerConnection | null;
  /** The URL of the tunnel of a session. */
  urlOf(sessionId: string): string;
  ticket(): string;
  /** Whether the meeting is encrypted end to end. */
  isEncrypted(): boolean;
  /** Opens both connections to the media node again, also while others are being opened. Returns false when it cannot begin now. */
  replaceConnections(): boolean;
  /** Opens the connection that sends again. The present one carries media until the new one does. */
  replacePublishing(): void;
  onChange(state: TunnelState): void;
}

/**
 * How long a path may take to be found after both descriptions are known: relays over TLS need several round trips, and each lost packet costs a second or more. Media nodes keep what is replaced for 10 s,
 * so that tunnels go on during a search in vain.
 */
const searchMs = 6_000;
/** The same for somebody who has not heard or seen anybody in this meeting yet, and should not wait: slower paths are found from the tunnel. */
const firstSearchMs = 1_200;
/** How long a pair of candidates may work without a secure connection: some firewalls let ICE pass, and not DTLS. */
const securedWithinMs = 3_000;
const retryMs = 200;
/** How long tunnels are not tried again after one was refused. */
const refusedMs = 60_000;

/**
 * The last resort of people whose network lets nothing but HTTPS to the page's address through: when no path to the media node is found, both connections are opened again as tunnels. `look` and `leave` try the
 * other paths again, from time to time.
 */
export class Tunnel implements Feature<unknown, TunnelServerMessage> {
  readonly handlers = { 'ice-servers': ({ tunnel }: Omit<TunnelServerMessage, 'type'>) => this.#allow(tunnel === true) };
  /** The environment of the connections to the SFU. */
  readonly environment: TunnelEnvironment;
  readonly #host: TunnelHost;
  /** Connections to the media node that are not closed. */
  readonly #open = new Set<RTCPeerConnection>();
  /** When a pair of candidates first worked for each of them. */
  readonly #pairAt = new WeakMap<RTCPeerConnection, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #isAllowed = false;
  /** Connections are opened as tunnels. */
  #isOn = false;
  /** The connection that sends looks for another path, while its tunnel goes on. */
  #isLooking = false;
  /** The last `join` on this socket asked for tunnels. */
  #hasAsked = false;
  /** The server has not answered `join` yet. */
  #isJoining = false;
  #isOver = false;
  /** Media has had a path or a tunnel. */
  #hasConnected = false;
  /** Since when a path is looked for and none was found, by one connection after the other. */
  #seekingSince: number | null = null;
  /** Until when tunnels are not tried again, because one was refused. */
  #refusedUntil = -Infinity;

  constructor(environment: Environment, host: TunnelHost) {
    this.#host = host;
    this.environment = {
      ...environment,
      createPeerConnection: (configuration, isTunnel = this.#isOn) => {
        if (!isTunnel && this.#isOn && this.#hasAsked && !this.#isJoining) this.#after(0, () => this.#handleRefused());
        return isTunnel ? this.#createTunnel(environment) : this.#watch(environment.createPeerConnection(configuration));
      },
    };
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** What `join` says about tunnels. */
  joinFields(): { readonly tunnel?: true } {
    this.#isJoining = true;
    this.#isAllowed = false; // the server says it again before `joined`
    this.#hasAsked = this.#isOn || this.#isLooking;
    return this.#hasAsked ? { tunnel: true } : {};
  }

  handleOffline(): void {
    this.#hasAsked = false;
  }

  handleJoined(): void {
    this.#isJoining = false;
    if (this.#host.isEncrypted()) for (const connection of this.#open) if (isTunnelled(connection) && !connection.isEncrypted) connection.close(); // it would send what is not encrypted
    if (!this.#isAllowed) this.#turnOff();
    else this.#after(retryMs, () => this.#check());
  }

  /** Opens the connection that sends again on another path than a tunnel, which goes on until one is found. Returns whether it begins. */
  look(): boolean {
    const publishing = this.#host.publishing();
    if (!this.#isOn || publishing === null || !isTunnelled(publishing)) return false;
    this.#isOn = false;
    this.#isLooking = true;
    this.#host.replacePublishing();
    this.#after(searchMs, () => this.#endLook());
    return true;
  }

  /** Runs what opens both connections again, on other paths than tunnels. They become tunnels again if none is found. Returns whether it begins. */
  leave(replaceConnections: () => boolean): boolean {
    const wasOn = this.#isOn;
    this.#isOn = false;
    this.#seekingSince = null;
    const begins = replaceConnections();
    if (!begins) this.#isOn = wasOn;
    return begins;
  }

  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#open.clear();
  }

  #allow(isAllowed: boolean): void {
    const wasAllowed = this.#isAllowed;
    this.#isAllowed = isAllowed && this.#host.isSupported;
    if (this.#isJoining) return;
    if (!wasAllowed) this.#refusedUntil = -Infinity;
    if (this.#isAllowed) this.#check();
    else if (this.#turnOff()) this.#host.replaceConnections();
  }

  get #patienceMs(): number {
    return this.#hasConnected ? searchMs : firstSearchMs;
  }

  /** Returns whether tunnels were used. */
  #turnOff(): boolean {
    const wereUsed = this.#isOn || this.#isLooking;
    this.#isOn = this.#isLooking = false;
    if (wereUsed) this.#host.onChange('off');
    return wereUsed;
  }

  #createTunnel({ createWebSocket, monotonicNow, now }: Environment): RTCPeerConnection {
    const connection = new TunnelConnection({
      open: sessionId => createWebSocket(this.#host.urlOf(sessionId), ['meet.v1', `ticket.${this.#host.ticket()}`]),
      now: monotonicNow,
      wallTime: now,
      onOpen: () => this.#host.onChange('on'),
      onRefused: () => this.#handleRefused(),
    }, this.#host.isEncrypted()) as unknown as RTCPeerConnection;
    this.#open.add(connection);
    return connection;
  }

  #watch(connection: RTCPeerConnection): RTCPeerConnection {
    this.#forgetClosed();
    this.#open.add(connection);
    connection.addEventListener('signalingstatechange', () => {
      if (connection.signalingState !== 'stable' || connection.getTransceivers().length === 0 || isPath(connection)) return;
      this.#seekingSince ??= this.environment.monotonicNow();
      this.#after(this.#patienceMs, () => this.#check());
    });
    connection.addEventListener('iceconnectionstatechange', () => {
      if (!hasPair(connection) || this.#pairAt.has(connection)) return;
      this.#pairAt.set(connection, this.environment.monotonicNow());
      this.#after(securedWithinMs, () => this.#check());
    });
    connection.addEventListener('connectionstatechange', () => { if (isPath(connection)) this.#handlePath(); });
    return connection;
  }

  /** Begins with tunnels if a path has been looked for in vain, and no other connection has one. */
  #check(): void {
    this.#forgetClosed();
    const now = this.environment.monotonicNow();
    if (this.#isOver || !this.#isAllowed || this.#isJoining || this.#isOn || this.#isLooking || now < this.#refusedUntil) return;
    if (this.#seekingSince === null || now - this.#seekingSince < this.#patienceMs || [...this.#open].some(one => isPath(one) || this.#isBeingSecured(one))) return;
    this.#isOn = true;
    if (this.#host.replaceConnections()) {
      this.#hasConnected = true;
      return;
    }
    this.#isOn = false;
    this.#after(retryMs, () => this.#check());
  }

  #isBeingSecured(connection: RTCPeerConnection): boolean {
    return hasPair(connection) && this.environment.monotonicNow() - (this.#pairAt.get(connection) ?? -Infinity) < securedWithinMs;
  }

  #handlePath(): void {
    this.#seekingSince = null;
    this.#hasConnected = true;
    if (this.#isLooking) {
      this.#isLooking = false; // what receives follows
      return;
    }
    if (this.#isOn) return;
    this.#host.onChange('off');
    const publishing = this.#host.publishing();
    if (publishing !== null && isTunnelled(publishing)) this.#host.replacePublishing();
  }

  #endLook(): void {
    this.#seekingSince = null;
    if (!this.#isLooking) return;
    this.#isLooking = false;
    this.#isOn = true;
    this.#host.replacePublishing();
  }

  /** A tunnel did not open, because the server or the network refuses it, or the server has offered another session than it was asked for. The other paths are tried again. */
  #handleRefused(): void {
    this.#refusedUntil = this.environment.monotonicNow() + refusedMs;
    this.#after(refusedMs, () => this.#check());
    if (this.#turnOff()) this.#host.replaceConnections();
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

const hasPair = (connection: RTCPeerConnection): boolean =>
  !isTunnelled(connection) && (connection.iceConnectionState === 'connected' || connection.iceConnectionState === 'completed');

/** Whether media can take it. */
const isPath = (connection: RTCPeerConnection): boolean => !isTunnelled(connection) && connection.connectionState === 'connected';
