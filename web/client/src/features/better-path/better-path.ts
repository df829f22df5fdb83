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
/** So long after a sign of another network the next look begins: signs come in groups, and the network needs a moment. */
const soonMs = 3_000;
/** The longest time from a look that a sign has brought to the next such look. It begins with that of the first look, and doubles. */
const longestGapMs = 5 * 60_000;
/** After so long without a sign, the next one says something again. */
const quietMs = 5 * 60_000;
/** A better path that lasts for so long was worth the move to it. */
const provenMs = 5 * 60_000;
/** ICE needs a few seconds for a path that loses packets. */
const findWithinMs = 8_000;

/** The best first. */
const ways: readonly PathKind[] = ['udp', 'tcp', 'relay-udp', 'relay-tcp', 'relay-tls', 'tunnel'];

/**
 * Looks from time to time for a better way to the media node, for example after a VPN has ended: browsers forget a path that did not work, and never try it again on the same connection. Nothing
 * changes for the people in the call while it looks. A restart of ICE on the publish connection shows whether there is a better path; only then are both connections opened again. A participant
 * who sends nothing has no such connection, and a new one for what is received takes over when media arrives there. A look also follows soon after a sign that the network is another one. Signs may
 * come all the time and mean nothing, so there are gaps between these looks. A path that works for a moment only, again and again, is taken less and less often: each move and each fall can be heard.
 */
export class BetterPath implements Feature<unknown, never> {
  readonly handlers: Partial<MessageHandlers<never>> = {};
  readonly #environment: Environment;
  readonly #host: BetterPathHost;
  #intervalMs = firstLookMs;
  /** The next socket is opened because of a look, so it says nothing new about the network. */
  #isReplacing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the next look begins; null while one goes on, and without a socket. As of `Environment.monotonicNow`, as are the next two. */
  #lookAt: number | null = null;
  #isLooking = false;
  #lastSignAt = -Infinity;
  /** The last look that a sign has brought. */
  #lastSignedLookAt = -Infinity;
  /** A sign was seen since the last look began. */
  #isSigned = false;
  /** At least so long after a look that a sign has brought, the next one follows. */
  #gapMs = 0;
  /** When both connections were last opened again for a better path; null when that has lasted, or is known not to have. */
  #movedAt: number | null = null;
  /** Whether that was on a better path. What only receives does not know before. */
  #wasBetter = false;
  /** When something happened to it that may have been its end. */
  #changedAt: number | null = null;
  /** At least so long after a better path is known not to have lasted, the next look follows; doubles with each of them. */
  #cautionMs = 0;
  #notBefore = -Infinity;
  readonly #stopWatching: () => void;

  constructor(environment: Environment, host: BetterPathHost) {
    this.#environment = environment;
    this.#host = host;
    this.#stopWatching = environment.watchNetworkSigns(() => this.#handleSign());
  }

  handleJoined(): void {
    if (!this.#isReplacing) {
      this.#intervalMs = firstLookMs;
      this.#changedAt ??= this.#environment.monotonicNow();
    }
    this.#isReplacing = false;
    this.#lookLater();
  }

  handleOffline(): void {
    this.#cancel();
  }

  close(): void {
    this.#stopWatching();
    this.#cancel();
  }

  /** ICE has taken another path for a connection. While this client looks for one, that is what it looks for. */
  handlePathChange(): void {
    if (this.#isLooking) return;
    if (this.#wasBetter) this.#changedAt ??= this.#environment.monotonicNow();
    this.#handleSign();
  }

  /** Opens both connections again with a new socket, which says nothing new about the network. Returns whether it begins. */
  replace(replaceConnections = () => this.#host.replaceConnections()): boolean {
    const begins = replaceConnections();
    this.#isReplacing ||= begins;
    return begins;
  }

  #handleSign(): void {
    const now = this.#environment.monotonicNow();
    if (now - this.#lastSignAt > quietMs) this.#gapMs = 0;
    this.#lastSignAt = now;
    this.#isSigned = true;
    if (this.#lookAt !== null) this.#lookNoLaterThan(this.#lookAt);
  }

  #lookLater(): void {
    this.#isLooking = false;
    this.#lookNoLaterThan(this.#environment.monotonicNow() + this.#spread(this.#intervalMs));
  }

  /** Looks at this time, or before because of a sign. */
  #lookNoLaterThan(latest: number): void {
    const now = this.#environment.monotonicNow();
    const at = this.#isSigned
      ? Math.max(Math.min(latest, Math.max(now + this.#spread(soonMs), this.#lastSignedLookAt + this.#gapMs)), Math.min(this.#notBefore, this.#lastSignedLookAt + longestGapMs))
      : Math.max(latest, this.#notBefore);
    this.#after(at - now, () => this.#look());
    this.#lookAt = at;
  }

  #spread(milliseconds: number): number {
    return milliseconds * (1 + spread * this.#environment.random());
  }

  #after(milliseconds: number, act: () => Promise<void>): void {
    clearTimeout(this.#timer);
    const timer = this.#timer = setTimeout(() => {
      void act().catch(() => { if (timer === this.#timer) this.#lookLater(); }); // a closed connection has no statistics
    }, milliseconds);
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lookAt = null;
    this.#isLooking = false;
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const isSigned = this.#isSigned;
    this.#isSigned = false;
    this.#lookAt = null;
    this.#isLooking = true;
    const { publish, subscribe } = await this.#ranks();
    if (timer !== this.#timer) return;
    const isBest = Math.max(publish, subscribe) <= 0;
    if (this.#hasFallen(isBest)) {
      if (isSigned) this.#widenGap();
      return this.#lookLater();
    }
    if (isBest) {
      this.#intervalMs = firstLookMs;
      return this.#lookLater();
    }
    this.#intervalMs = isSigned ? this.#widenGap() : Math.min(longestLookMs, 2 * this.#intervalMs);
    if (this.#host.connections.publish === null) this.#move(false);
    else if (publish >= 0 && publish < subscribe) this.#move(true);
    else if (this.#host.restartIce()) return this.#after(findWithinMs, () => this.#compare());
    this.#lookLater();
  }

  #move(isBetter: boolean): void {
    if (!this.replace()) return;
    this.#wasBetter = isBetter;
    this.#movedAt = this.#environment.monotonicNow();
    this.#changedAt = null;
  }

  /** Whether the better path that this client moved to was gone within minutes. The next look then waits. */
  #hasFallen(isBest: boolean): boolean {
    const now = this.#environment.monotonicNow();
    if (this.#movedAt === null) return false;
    const lastedMs = (isBest ? now : this.#changedAt ?? now) - this.#movedAt;
    if (lastedMs >= provenMs) {
      this.#movedAt = null;
      this.#cautionMs = 0;
      return false;
    }
    this.#wasBetter ||= isBest;
    if (isBest) return false;
    this.#movedAt = null;
    if (!this.#wasBetter && this.#changedAt === null) return false;
    this.#cautionMs = Math.min(longestLookMs, Math.max(2 * firstLookMs, 2 * this.#cautionMs));
    this.#notBefore = now + this.#spread(this.#cautionMs);
    return true;
  }

  /** A look follows a sign. Returns the gap to the next one, after which this client also looks without a sign. */
  #widenGap(): number {
    this.#lastSignedLookAt = this.#environment.monotonicNow();
    return this.#gapMs = Math.min(longestGapMs, Math.max(firstLookMs, 2 * this.#gapMs));
  }

  /** What receives has not looked, but a move to another media node may have opened it again meanwhile. */
  async #compare(): Promise<void> {
    const timer = this.#timer;
    const { publish, subscribe } = await this.#ranks();
    if (timer !== this.#timer) return;
    if (publish >= 0 && publish < subscribe) this.#move(true);
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
