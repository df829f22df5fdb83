import { watchNetworkSigns } from './network-signs.js';

/** The browser features that the SDK uses. Tests replace them with a scripted server. */
export interface Environment {
  readonly fetch: typeof globalThis.fetch;
  readonly createWebSocket: (url: string, protocols?: string[]) => WebSocket;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** The audio codecs that the browser can send and receive, in its order. */
  readonly audioCodecs: () => RTCRtpCodec[];
  /** What encryption end to end needs; absent where the browser cannot do it. */
  readonly e2ee?: {
    /** The worker that encrypts and decrypts frames (`features/e2ee/frame-worker`). */
    readonly createWorker: () => Worker;
  };
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since the epoch, for what is shown or remembered. It jumps when the clock of the machine is set. */
  readonly now: () => number;
  /** Milliseconds since any moment, for durations: it never jumps. */
  readonly monotonicNow: () => number;
  /** Calls `changed` when the browser goes online or offline; returns a function that stops watching. */
  readonly watchNetwork: (changed: (online: boolean) => void) => () => void;
  /** Calls `seen` when the network may be another one than before; returns a function that stops watching. */
  readonly watchNetworkSigns: (seen: () => void) => () => void;
}

export function browserEnvironment(): Environment {
  const monotonicNow = () => performance.now();
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    createWebSocket: (url, protocols) => new WebSocket(url, protocols),
    createPeerConnection: configuration => new RTCPeerConnection(configuration),
    audioCodecs: () => globalThis.RTCRtpSender?.getCapabilities?.('audio')?.codecs ?? [],
    random: Math.random,
    now: Date.now,
    monotonicNow,
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
    watchNetworkSigns: seen => {
      const { connection } = (globalThis.navigator ?? {}) as { connection?: EventTarget };
      return watchNetworkSigns({ window: globalThis as unknown as EventTarget, connection, page: globalThis.document, now: monotonicNow }, seen);
    },
  };
}
