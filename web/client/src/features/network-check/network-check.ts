import type { Environment } from '../../core/environment.js';
import type { HttpApi } from '../../core/http.js';
import { encodingFor } from '../media/encodings.js';
import { canTunnel } from '../tunnel/media-streams.js';
import { ensureTunnel, endCheck, exchange, openCheck, type CheckRequest } from './api.js';
import { bestOf, bitrateOf, isLimitedByLine, largestSentOf, outgoingEstimateOf, receiveLossOf, roundTripOf, sendLossOf, trying, type Bandwidth, type NetworkCheck, type RungResult } from './results.js';
import { RungConnection } from './rung-connection.js';
import { deniedBy, rungsOf, tunnelRung, type DeniedWay, type OpenedCheck, type Rung } from './rungs.js';
import { syntheticMedia, type CheckMedia } from './synthetic-media.js';
import { maxTunnelBitrate, measureTunnel, measureTunnelBandwidth } from './measure-tunnel.js';

export interface NetworkCheckOptions extends CheckRequest {
  readonly signal?: AbortSignal;
  /** Called with every result. */
  readonly onProgress?: (check: NetworkCheck) => void;
  /** The media to send; the default needs no permission. */
  readonly createMedia?: () => CheckMedia;
}

/** A relay over TLS needs several round trips. */
const connectLimitMs = 7_000;
/** The check ends 12 s after its client begins to play, and the measurement takes six. */
const echoLimitMs = 5_000;
/** The time for which a way carries sound, until its loss is read. */
const soundMs = 2_500;
/** The time for which the bandwidth grows until it is measured, and then for which it is measured. */
const growthMs = 4_000;
const measureMs = 2_000;
const bandwidthName = 'bandwidth';

/** Tries every way to the media node of a meeting, and then what the best one carries. Takes up to 20 seconds. */
export class NetworkCheckRun {
  readonly #environment: Environment;
  readonly #http: HttpApi;
  readonly #meetingId: string;
  readonly #options: NetworkCheckOptions;
  readonly #signal: AbortSignal;
  readonly #open = new Set<RungConnection>();
  #results: readonly RungResult[] = [];
  #denied: readonly DeniedWay[] = [];
  #bandwidth: Bandwidth | null = null;
  /** Why the first way could not be tried. */
  #obstacle: unknown = null;

  constructor(environment: Environment, http: HttpApi, meetingId: string, options: NetworkCheckOptions) {
    this.#environment = environment;
    this.#http = http;
    this.#meetingId = meetingId;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  /** Rejects with a `MeetError` when the server opens no check or none of its connections, and with the reason of `signal`. */
  async run(): Promise<NetworkCheck> {
    this.#signal.throwIfAborted();
    const { region, ticket } = this.#options;
    const check = await openCheck(this.#http, this.#meetingId, { ...(region === undefined ? {} : { region }), ...(ticket === undefined ? {} : { ticket }) });
    let made: CheckMedia | null = null;
    try {
      this.#signal.throwIfAborted(); // it may have been aborted while the check was opened
      const media = made = (this.#options.createMedia ?? (() => syntheticMedia(this.#environment.random)))();
      const tunnels = canTunnel() && typeof check.tunnelUrl === 'string' ? [tunnelRung(check.tunnelUrl)] : [];
      this.#results = [...rungsOf(check), ...tunnels].map(trying);
      this.#denied = deniedBy(check, canTunnel());
      this.#report(false);
      await Promise.all(this.#results.map(({ rung }) => (rung.path === 'tunnel' ? this.#tryTunnel(check, rung) : this.#try(check, rung, media))));
      if (this.#results.length > 0 && this.#results.every(({ state }) => state === 'untried')) throw this.#obstacle;
      const best = bestOf(this.#results);
      // The check may end meanwhile on a slow line. Its results count nevertheless.
      if (best !== null) this.#bandwidth = await (best.rung.path === 'tunnel' ? this.#measureTunnel(check, best.rung) : this.#measure(check, best.rung, media)).catch(() => null);
      this.#signal.throwIfAborted();
      return this.#report(true);
    } finally {
      for (const connection of this.#open) connection.close();
      made?.stop();
      await endCheck(this.#http, this.#meetingId, check.checkId, this.#results).catch(() => undefined); // it ends by itself
    }
  }

  async #try(check: OpenedCheck, rung: Rung, media: CheckMedia): Promise<void> {
    const connection = this.#connect(rung, one => one.addTransceiver(media.audio, { direction: 'sendonly' }));
    try {
      const outcome = await connection.open(this.#exchangeOf(check, 'connections', rung.name), connectLimitMs, this.#signal);
      if ('refusal' in outcome) {
        this.#set(rung, { state: 'failed', ...outcome });
        return;
      }
      this.#set(rung, { state: 'connected', connectMs: outcome.ms });
      await this.#wait(soundMs);
      const records = await connection.records();
      this.#set(rung, { rttMs: roundTripOf(records), sendLoss: sendLossOf(records) });
    } catch (error) {
      this.#signal.throwIfAborted();
      if (this.#results.some(result => result.rung === rung && result.state !== 'trying')) return; // only its figures are missing
      this.#obstacle ??= error;
      this.#set(rung, { state: 'untried' });
    } finally {
      connection.close();
      this.#open.delete(connection);
    }
  }

  /** The tunnel of a check ends at the server of the page. What lies behind it is the same for everybody. */
  async #tryTunnel(check: OpenedCheck, rung: Rung): Promise<void> {
    try {
      const socket = this.#environment.createWebSocket(check.tunnelUrl!, ['meet.v1']);
      const measured = await measureTunnel(socket, this.#environment.monotonicNow, connectLimitMs, this.#signal);
      if (measured === null) await ensureTunnel(this.#http, this.#meetingId, check.checkId);
      this.#signal.throwIfAborted();
      this.#set(rung, measured === null ? { state: 'failed' } : { state: 'connected', ...measured });
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#obstacle ??= error;
      this.#set(rung, { state: 'untried' });
    }
  }

  /** Null when the WebSocket does not last, or the server is of an earlier version, which takes less. */
  async #measureTunnel(check: OpenedCheck, rung: Rung): Promise<Bandwidth | null> {
    const socket = this.#environment.createWebSocket(check.tunnelUrl!, ['meet.v1']);
    const measured = await measureTunnelBandwidth(socket, this.#environment.monotonicNow, connectLimitMs, this.#signal);
    return measured && { rung, ...measured, isSendLimited: true, largestSentBitrate: maxTunnelBitrate, sendLoss: null, receiveLoss: null };
  }

  /** Sends as a camera does, and receives it back. Null when this says nothing about the line. */
  async #measure(check: OpenedCheck, rung: Rung, media: CheckMedia): Promise<Bandwidth | null> {
    const sender = this.#connect(rung, connection => {
      connection.addTransceiver(media.audio, { direction: 'sendonly' });
      connection.addTransceiver(media.video, { direction: 'sendonly', sendEncodings: encodingFor('camera')! });
    });
    const receiver = this.#connect(rung, connection => {
      for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
    });
    if ('refusal' in await sender.open(this.#exchangeOf(check, 'connections', bandwidthName), connectLimitMs, this.#signal)) return null;
    if ('refusal' in await receiver.open(this.#exchangeOf(check, 'echo', bandwidthName), echoLimitMs, this.#signal)) return null;
    await this.#wait(growthMs);
    const [sentBefore, receivedBefore] = [await sender.records(), await receiver.records()];
    const startedAt = this.#environment.monotonicNow();
    await this.#wait(measureMs);
    const [sentAfter, receivedAfter] = [await sender.records(), await receiver.records()];
    const seconds = (this.#environment.monotonicNow() - startedAt) / 1_000;
    if (!sender.isConnected || !receiver.isConnected || media.wasHidden?.() === true) return null;
    return {
      rung,
      sendBitrate: Math.max(Math.round(outgoingEstimateOf(sentAfter)), bitrateOf(sentBefore, sentAfter, 'bytesSent', seconds)),
      isSendLimited: isLimitedByLine(sentAfter),
      largestSentBitrate: largestSentOf(sentBefore, sentAfter, seconds),
      receiveBitrate: bitrateOf(receivedBefore, receivedAfter, 'bytesReceived', seconds),
      sendLoss: sendLossOf(sentAfter),
      receiveLoss: receiveLossOf(receivedAfter),
    };
  }

  #connect(rung: Rung, prepare: (connection: RTCPeerConnection) => void): RungConnection {
    const connection = new RungConnection(this.#environment, rung, prepare);
    this.#open.add(connection);
    return connection;
  }

  #exchangeOf(check: OpenedCheck, kind: 'connections' | 'echo', name: string): (sdp: string) => Promise<string> {
    return sdp => exchange(this.#http, this.#meetingId, check.checkId, kind, name, sdp);
  }

  #set(rung: Rung, part: Partial<RungResult>): void {
    this.#results = this.#results.map(result => (result.rung === rung ? { ...result, ...part } : result));
    this.#report(false);
  }

  #report(isDone: boolean): NetworkCheck {
    const check = { results: this.#results, denied: this.#denied, bandwidth: this.#bandwidth, isDone };
    if (!this.#signal.aborted) this.#options.onProgress?.(check);
    return check;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#signal.throwIfAborted(); // a listener would not be called any more
      const aborted = () => {
        clearTimeout(timer);
        reject(this.#signal.reason);
      };
      const timer = setTimeout(() => {
        this.#signal.removeEventListener('abort', aborted);
        resolve();
      }, ms);
      this.#signal.addEventListener('abort', aborted, { once: true });
    });
  }
}
