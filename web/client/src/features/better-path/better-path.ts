import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import { selectedPair } from '../media/path-health.js';
import { kindOf, type PathKind } from '../stats/path-evidence.js';
import type { StatsRecord } from '../stats/records.js';

export interface BetterPathHost {
  readonly connections: { readonly publish: RTCPeerConnection | null; readonly subscribe: RTCPeerConnection | null };
  /** Restarts ICE on the publish connection, or opens another one beside a tunnel. It keeps its path until it finds a better one. Returns whether it begins. */
  restartIce(): boolean;
  /** Opens both connections again, beside the present ones. Returns whether it begins. */
  replaceConnections(): boolean;
}

/** The first look for a better path, after this client has joined or has lost its socket, or while it uses the best path. Each further look takes twice as long to come. */
const firstLookMs = 20_000;
const longestLookMs = 15 * 60_000;
/** What opens a network often opens it to many people at once. */
const spread = 0.25;
/** ICE needs a few seconds for a path that loses packets. */
const findWithinMs = 8_000;

/** The best first. */
const ways: readonly PathKind[] = ['udp', 'tcp', 'relay-udp', 'relay-tcp', 'relay-tls', 'tunnel'];

/**
 * Looks from time to time for a better way to the media node, for example after a VPN has ended: browsers forget a path that did not work, and never try it again on the same connection. Nothing
 * changes for the people in the call while it looks. A restart of ICE on the publish connection shows whether there is a better path; only then are both connections opened again. A participant
 * who sends nothing has no such connection, and a new one for what is received takes over when media arrives there.
 */
export class BetterPath implements Feature<unknown, never> {
  readonly handlers: Partial<MessageHandlers<never>> = {};
  readonly #environment: Environment;
  readonly #host: BetterPathHost;
  #intervalMs = firstLookMs;
  /** The next socket is opened because of a look, so it says nothing new about the network. */
  #isReplacing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, host: BetterPathHost) {
    this.#environment = environment;
    this.#host = host;
  }

  handleJoined(): void {
    if (!this.#isReplacing) this.#intervalMs = firstLookMs;
    this.#isReplacing = false;
    this.#lookLater();
  }

  handleOffline(): void {
    clearTimeout(this.#timer);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Opens both connections again with a new socket, which says nothing new about the network. Returns whether it begins. */
  replace(replaceConnections = () => this.#host.replaceConnections()): boolean {
    const begins = replaceConnections();
    this.#isReplacing ||= begins;
    return begins;
  }

  #lookLater(): void {
    this.#after(this.#intervalMs * (1 + spread * this.#environment.random()), () => this.#look());
  }

  #after(milliseconds: number, act: () => Promise<void>): void {
    clearTimeout(this.#timer);
    const timer = this.#timer = setTimeout(() => {
      void act().catch(() => { if (timer === this.#timer) this.#lookLater(); }); // a closed connection has no statistics
    }, milliseconds);
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const { publish, subscribe } = await this.#ranks();
    if (timer !== this.#timer) return;
    if (Math.max(publish, subscribe) <= 0) {
      this.#intervalMs = firstLookMs;
      return this.#lookLater();
    }
    this.#intervalMs = Math.min(longestLookMs, 2 * this.#intervalMs);
    if (this.#host.connections.publish === null || (publish >= 0 && publish < subscribe)) this.replace();
    else if (this.#host.restartIce()) return this.#after(findWithinMs, () => this.#compare(Math.max(publish, subscribe)));
    this.#lookLater();
  }

  async #compare(before: number): Promise<void> {
    const timer = this.#timer;
    const { publish } = await this.#ranks();
    if (timer !== this.#timer) return;
    if (publish >= 0 && publish < before) this.replace();
    this.#lookLater();
  }


  /** The place of the path of each connection among the ways that it may use; -1 where there is none, or it is not known. */
  async #ranks(): Promise<{ publish: number; subscribe: number }> {
    const [publish, subscribe] = await Promise.all([this.#host.connections.publish, this.#host.connections.subscribe].map(rankOf));
    return { publish: publish!, subscribe: subscribe! };
  }
}

async function rankOf(connection: RTCPeerConnection | null): Promise<number> {
  if (connection?.connectionState !== 'connected') return -1;
  const report = await connection.getStats();
  const kind = kindOf(report.get(selectedPair(report)?.localCandidateId ?? '') as StatsRecord | undefined);
  const allowed = connection.getConfiguration().iceTransportPolicy === 'relay' ? ways.filter(way => way.startsWith('relay') || way === 'tunnel') : ways;
  return kind === null ? -1 : allowed.indexOf(kind);
}
