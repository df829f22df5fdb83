import type { Environment } from '../../core/environment.js';
import type { StatsRecord } from '../stats/records.js';
import { onlyCandidatesOf, type Rung } from './rungs.js';

/** Exchanges the client's offer for the media node's answer. */
export type Exchange = (sdp: string) => Promise<string>;

export interface Connected {
  readonly ms: number;
}

export interface NotConnected {
  /** The code with which the relay refused; null when nothing answered. */
  readonly refusal: number | null;
  /** Whether the relay gave an address; false for a direct way. */
  readonly isAllocated: boolean;
}

/** A connection to the media node that can only take one way. */
export class RungConnection {
  readonly #environment: Environment;
  readonly #rung: Rung;
  readonly #connection: RTCPeerConnection;
  #refusal: number | null = null;
  #hasCandidate = false;

  constructor(environment: Environment, rung: Rung, prepare: (connection: RTCPeerConnection) => void) {
    this.#environment = environment;
    this.#rung = rung;
    this.#connection = environment.createPeerConnection({
      bundlePolicy: 'max-bundle',
      ...(rung.relay === null ? {} : { iceServers: [rung.relay], iceTransportPolicy: 'relay' as const }),
    });
    this.#connection.addEventListener('icecandidate', ({ candidate }) => { this.#hasCandidate ||= candidate !== null && candidate.candidate !== ''; });
    // 701 is the browser's own code for a server that does not answer.
    this.#connection.addEventListener('icecandidateerror', ({ errorCode }) => { if (errorCode < 700) this.#refusal = errorCode; });
    prepare(this.#connection);
  }

  /** Resolves when media can be sent, or when the way does not work within `limitMs`. Rejects when the exchange fails. */
  async open(exchange: Exchange, limitMs: number, signal: AbortSignal): Promise<Connected | NotConnected> {
    const startedAt = this.#environment.monotonicNow();
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    const answer = await exchange(this.#connection.localDescription!.sdp);
    signal.throwIfAborted();
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: onlyCandidatesOf(this.#rung, answer) });
    const isConnected = await this.#end(limitMs, signal);
    return isConnected ? { ms: Math.round(this.#environment.monotonicNow() - startedAt) } : { refusal: this.#refusal, isAllocated: this.#rung.relay !== null && this.#hasCandidate };
  }

  get isConnected(): boolean {
    return this.#connection.connectionState === 'connected';
  }

  async records(): Promise<StatsRecord[]> {
    return [...(await this.#connection.getStats()).values()] as StatsRecord[];
  }

  close(): void {
    this.#connection.close();
  }

  #end(limitMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      signal.throwIfAborted(); // a listener would not be called any more
      const connection = this.#connection;
      const aborted = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const settle = (isConnected: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        resolve(isConnected);
      };
      const look = () => {
        if (connection.connectionState === 'connected') settle(true);
        else if (connection.connectionState === 'failed' || connection.connectionState === 'closed' || this.#hasNoCandidate()) settle(false);
      };
      const timer = setTimeout(() => settle(false), limitMs);
      connection.addEventListener('connectionstatechange', look);
      connection.addEventListener('icegatheringstatechange', look);
      signal.addEventListener('abort', aborted, { once: true });
      look();
    });
  }

  /** A relay that gives no candidate is refused, or cannot be reached. */
  #hasNoCandidate(): boolean {
    return this.#rung.relay !== null && this.#connection.iceGatheringState === 'complete' && !this.#hasCandidate;
  }
}
