/** Everything the SDK takes from its surroundings, so that tests can put a scripted server there. */
export interface Environment {
  readonly fetch: typeof globalThis.fetch;
  readonly createWebSocket: (url: string, protocols?: string[]) => WebSocket;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Tells when the network comes back or goes away; returns how to stop listening. */
  readonly watchNetwork: (changed: (online: boolean) => void) => () => void;
}

export function browserEnvironment(): Environment {
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    createWebSocket: (url, protocols) => new WebSocket(url, protocols),
    createPeerConnection: configuration => new RTCPeerConnection(configuration),
    random: Math.random,
    now: Date.now,
    watchNetwork: changed => {
      const online = () => changed(true);
      const offline = () => changed(false);
      globalThis.addEventListener?.('online', online);
      globalThis.addEventListener?.('offline', offline);
      return () => {
        globalThis.removeEventListener?.('online', online);
        globalThis.removeEventListener?.('offline', offline);
      };
    },
  };
}
