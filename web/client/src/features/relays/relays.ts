import type { Environment } from '../../core/environment.js';
import type { Feature } from '../../core/feature.js';
import type { RelaysServerMessage } from './messages.js';

/**
 * The relays (TURN) of the meeting. Their credentials end after minutes, so the server sends new ones in time. Connections that exist use them when they gather candidates again; a
 * relayed path that exists does not depend on them.
 */
export class Relays implements Feature<unknown, RelaysServerMessage> {
  readonly handlers = {
    'ice-servers': ({ iceServers }: { iceServers: RTCIceServer[] }) => this.#use(iceServers),
  };

  /** The environment of the connections to the SFU. */
  readonly environment: Environment;
  readonly #open = new Set<RTCPeerConnection>();
  #servers: readonly RTCIceServer[];

  constructor(environment: Environment, servers: readonly RTCIceServer[]) {
    this.#servers = servers;
    this.environment = {
      ...environment,
      createPeerConnection: configuration => {
        this.#forgetClosed();
        const connection = environment.createPeerConnection({ ...configuration, iceServers: [...this.#servers] });
        this.#open.add(connection);
        return connection;
      },
    };
  }

  /** The servers without credentials. A relay forwards only to media nodes, so it cannot connect two participants. */
  get direct(): RTCIceServer[] {
    return this.#servers.filter(server => server.username === undefined);
  }

  close(): void {
    this.#open.clear();
  }

  #use(servers: RTCIceServer[]): void {
    this.#servers = servers;
    this.#forgetClosed();
    for (const connection of this.#open) {
      try {
        connection.setConfiguration({ ...connection.getConfiguration(), iceServers: servers });
      } catch {
        // A URL of a scheme that this browser does not know. The connection keeps the servers that it has.
      }
    }
  }

  #forgetClosed(): void {
    for (const connection of this.#open) {
      if (connection.connectionState === 'closed') this.#open.delete(connection);
    }
  }
}
