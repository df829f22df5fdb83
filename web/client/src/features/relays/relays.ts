import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import { hasJustFallenSilent } from '../media/connection-watch.js';
import type { RelaysServerMessage } from './messages.js';
import { relayInUse } from './relay-in-use.js';

/** A relay that is drained ends after 15 s at the earliest. Its people leave it one after another. */
const leaveWithinMs = 8_000;
/** When the only relay is replaced, its people come to the next one together. */
const comeWithinMs = 500;
/** How often connections on relays that are not named any more are looked at. */
const lookEveryMs = 500;
/** So often also after the relay was named again: another Pod may have the address of the one that was killed. A path is measured every second. */
const looksAfterwards = 6;

export interface RelayEvents {
  /** A connection uses a relay that the server does not name any more, and it names others that are reached in the same way. Called once for each relay, or again later if it returns false. */
  onWithdrawn(): boolean;
  /** The server names a relay that it did not name before. These connections exist without it, and should begin again if they have no path. */
  onNamed(connections: ReadonlySet<RTCPeerConnection>): void;
  /** The relay of these connections has ended without a drain, and the server names another one: they should begin again. Called once for each connection. */
  onEnded(connections: ReadonlySet<RTCPeerConnection>): void;
}

/**
 * The relays (TURN) of the meeting. Their credentials end after minutes, so the server sends new ones in time. Connections that exist use them when they gather candidates again; a
 * relayed path that exists does not depend on them. It ends with its relay, which the server does not name any more while it is drained: then other connections are opened in time.
 */
export class Relays implements Feature<unknown, RelaysServerMessage> {
  readonly handlers = {
    'ice-servers': ({ iceServers, iceTransportPolicy, refused }: Omit<RelaysServerMessage, 'type'>) => {
      this.#isRefused = refused !== undefined;
      this.#use(iceServers, iceTransportPolicy === 'relay' ? 'relay' : 'all');
    },
  };

  /** The environment of the connections to the SFU. */
  readonly environment: Environment;
  readonly #open = new Set<RTCPeerConnection>();
  readonly #events: RelayEvents;
  /** Withdrawn relays that were left. A connection may stay on one, for example because it sends nothing now. */
  readonly #left = new Set<string>();
  /** Connections whose relay was not named at one of the last looks, and how many more they get. */
  readonly #suspects = new Map<RTCPeerConnection, number>();
  readonly #ended = new WeakSet<RTCPeerConnection>();
  #servers: readonly RTCIceServer[];
  #policy: RTCIceTransportPolicy = 'all';
  #isRefused = false;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #coming: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, servers: readonly RTCIceServer[], events: RelayEvents) {
    this.#servers = servers;
    this.#events = events;
    this.environment = {
      ...environment,
      createPeerConnection: configuration => {
        this.#forgetClosed();
        const connection = environment.createPeerConnection({ ...configuration, iceServers: [...this.#servers], iceTransportPolicy: this.#policy });
        this.#open.add(connection);
        return connection;
      },
    };
  }

  /** The servers without credentials. A relay forwards only to media nodes, so it cannot connect two participants. */
  get direct(): RTCIceServer[] {
    return this.#servers.filter(server => server.username === undefined);
  }

  /** Whether there are relays, and the server gives none to this participant. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  close(): void {
    clearTimeout(this.#leaving);
    clearTimeout(this.#coming);
    clearTimeout(this.#looking);
    this.#open.clear();
    this.#suspects.clear();
  }

  #use(servers: RTCIceServer[], policy: RTCIceTransportPolicy): void {
    const before = relayUrls(this.#servers);
    const isLimited = policy === 'relay' && this.#policy !== 'relay'; // the media node ends connections on other paths
    this.#servers = servers;
    this.#policy = policy;
    this.#forgetClosed();
    for (const connection of this.#open) {
      try {
        connection.setConfiguration({ ...connection.getConfiguration(), iceServers: servers, iceTransportPolicy: policy });
      } catch {
        // A URL of a scheme that this browser does not know. The connection keeps the servers that it has.
      }
    }
    this.#leaveSoon();
    void this.#findSuspects().then(() => this.#lookSoon(lookEveryMs * this.environment.random()));
    if (this.#open.size > 0 && (isLimited || relayUrls(servers).some(url => !before.includes(url)))) this.#comeSoon();
  }

  #comeSoon(): void {
    clearTimeout(this.#coming);
    const connections = new Set(this.#open);
    this.#coming = setTimeout(() => {
      this.#coming = undefined;
      this.#events.onNamed(connections);
    }, comeWithinMs * this.environment.random());
  }

  #leaveSoon(): void {
    this.#leaving ??= setTimeout(() => {
      this.#leaving = undefined;
      void this.#leaveWithdrawn();
    }, leaveWithinMs * this.environment.random());
  }

  async #leaveWithdrawn(): Promise<void> {
    const used = await this.#withdrawnInUse();
    const named = relayUrls(this.#servers);
    for (const url of named) this.#left.delete(url);
    const withdrawn = [...used.values()].filter(url => !this.#left.has(url) && named.some(other => wayOf(other) === wayOf(url)));
    if (withdrawn.length === 0) return;
    if (this.#events.onWithdrawn()) for (const url of withdrawn) this.#left.add(url);
    else this.#leaveSoon();
  }

  #lookSoon(afterMs: number): void {
    if (this.#suspects.size === 0) return;
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      void this.#leaveEnded();
    }, afterMs);
  }

  /** A relay that is drained carries media until it is left. One whose Pod was killed is not named any more either, and nothing arrives over it. */
  async #leaveEnded(): Promise<void> {
    await this.#findSuspects();
    const ended = relayUrls(this.#servers).length === 0 ? [] : [...this.#suspects.keys()].filter(hasJustFallenSilent);
    for (const connection of ended) {
      this.#suspects.delete(connection);
      this.#ended.add(connection);
    }
    if (ended.length > 0) this.#events.onEnded(new Set(ended));
    this.#lookSoon(lookEveryMs);
  }

  async #findSuspects(): Promise<void> {
    const withdrawn = await this.#withdrawnInUse();
    for (const [connection, looks] of this.#suspects) {
      if (looks > 1 && this.#open.has(connection)) this.#suspects.set(connection, looks - 1);
      else this.#suspects.delete(connection);
    }
    for (const connection of withdrawn.keys()) {
      if (!this.#ended.has(connection)) this.#suspects.set(connection, looksAfterwards);
    }
  }

  /** The connections that use a relay which the server does not name any more, with its URL. */
  async #withdrawnInUse(): Promise<Map<RTCPeerConnection, string>> {
    this.#forgetClosed();
    const used = await Promise.all([...this.#open].map(async connection => [connection, await connection.getStats().then(relayInUse, () => undefined)] as const)); // a closed connection has no statistics
    const named = relayUrls(this.#servers);
    return new Map(used.flatMap(([connection, url]) => url === undefined || named.includes(withoutBrackets(url)) ? [] : [[connection, withoutBrackets(url)] as const]));
  }

  #forgetClosed(): void {
    for (const connection of this.#open) {
      if (connection.connectionState === 'closed') this.#open.delete(connection);
    }
  }
}

const relayUrls = (servers: readonly RTCIceServer[]): string[] => servers.filter(({ username }) => username !== undefined).flatMap(({ urls }) => urls).map(withoutBrackets);

/** Browsers leave out the brackets of an IPv6 address in the URLs that they report. */
const withoutBrackets = (url: string): string => url.replace(/[[\]]/g, '');

/** How a relay is reached, such as `turn udp`: a network that lets only one way out lets no other one out. */
const wayOf = (url: string): string => `${url.split(':')[0]} ${/transport=(\w+)/.exec(url)?.[1] ?? 'udp'}`;
