import { backoffMs, refusedBackoff } from '../../core/backoff.js';
import type { Environment } from '../../core/environment.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { ConnectTime } from './connect-time.js';
import { isSeekingPath, watchConnection } from './connection-watch.js';
import { encodingFor, hintTrack, preferRedundancy } from './encodings.js';
import { FormerConnections, isUp } from './former-connections.js';
import { withDtx } from './sdp.js';
import { SenderActivity } from './sender-activity.js';
import { isTunnelled, nameSession } from '../tunnel/tunnelled.js';

export interface PublishOffer {
  /** Unique to this offer. The answer, or the error that rejects the offer, repeats it. */
  readonly reference: string;
  readonly sdp: string;
  readonly tracks: { mid: string; source: TrackSource }[];
  readonly restart: boolean;
  /** Whether the connection is a tunnel. */
  readonly isTunnel: boolean;
  /** The session that the offer changes; absent in an offer for a new session. */
  readonly sessionId?: string;
}

export interface PublishHost {
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  /** Whether the source is muted, so that nothing of it is sent. */
  isMuted(source: TrackSource): boolean;
  /** False when signaling is not connected. The session offers again after `handleOnline`. */
  sendOffer(offer: PublishOffer): boolean;
  /** How long a path may still recover on which nothing has got through for so many milliseconds, in milliseconds. */
  patience(interruptedMs: number): number;
  /** The path may be dead. */
  onSuspected(): void;
  onState(state: 'idle' | 'connecting' | 'connected'): void;
  /** A connection that a newer one replaced has ended or changed its state. It may have sent in the place of the newer one. */
  onFormerChanged(): void;
  /** The server rejected the offer repeatedly; the session stops offering. */
  onRejected(code: string): void;
}

interface Slot {
  track: MediaStreamTrack | null;
  active: boolean;
  transceiver: RTCRtpTransceiver | null;
  /** The simulcast layers to send on this connection; all until the server tells. */
  rids: readonly string[] | null;
}

type Outcome = { sdp: string; sessionId: string | undefined } | { rejected: string } | 'offline' | 'timeout' | 'superseded';

const answerTimeoutMs = 10_000;
/** The client stops offering when so many offers in sequence were invalid. */
const maxInvalidOffers = 3;

/** The connection that sends media, for which the client makes the offers. One offer is in flight at a time; later changes go into the next one. */
export class PublishSession {
  readonly #environment: Environment;
  readonly #host: PublishHost;
  readonly #slots = new Map<TrackSource, Slot>();
  /** The source of each sender, on all connections. */
  readonly #sources = new WeakMap<RTCRtpSender, TrackSource>();
  readonly #wantedTracks = new WeakMap<RTCRtpSender, MediaStreamTrack | null>();
  #connection: RTCPeerConnection | null = null;
  readonly #former = new FormerConnections(connection => {
    this.#end(connection);
    if (!this.#closed) this.#host.onFormerChanged();
  }, () => this.#environment.monotonicNow());
  /** Until when the connections that are replaced now go on, if the new ones do not send everything before; as of `Environment.monotonicNow`. */
  #moveUntil = -Infinity;
  readonly #connectTime: ConnectTime;
  #stopWatching: () => void = () => {};
  #settle: ((outcome: Outcome) => void) | null = null;
  #offers = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Ends the delay before a retry. */
  #endDelay: () => void = () => {};
  #failures = 0;
  /** The connection was lost, and no later one is connected. */
  #isLost = false;
  /** Connections that were lost, and have not recovered since: they may still be called interrupted. */
  readonly #dead = new WeakSet<RTCPeerConnection>();
  /** Offers that were rejected as invalid since the last accepted answer. */
  #invalidOffers = 0;
  #sessionId: string | undefined;
  /** An offer for a new connection is in flight, so the loss of the old connection needs no reaction. */
  #opening = false;
  /** Changes wait for the next offer. */
  #dirty = false;
  /** What is negotiated is to be offered once more. */
  #isProbeDue = false;
  /** The next offer on the present connection restarts ICE. */
  #restartsIce = false;
  /** The next offer is for a new connection. */
  #restart = false;
  /** For each sender, ends when the last change of layers is done; two changes of one sender at the same time would fail. Nothing else waits for it, because browsers set it no limit. */
  readonly #layering = new WeakMap<RTCRtpSender, Promise<void>>();
  /** The senders with a change that has not begun. */
  readonly #layersDue = new WeakSet<RTCRtpSender>();
  readonly #activity = new SenderActivity();
  #running = false;
  #online = false;
  #closed = false;
  /** What the camera may send in total, in bits per second, or null. */
  #cameraLimit: number | null = null;
  /** Nothing is sent, because media flows directly. The media sections stay. */
  #isPaused = false;

  constructor(environment: Environment, host: PublishHost) {
    this.#environment = environment;
    this.#host = host;
    this.#connectTime = new ConnectTime(environment.random, environment.monotonicNow);
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection;
  }

  /** The source of each media section that sends, by its mid. */
  get sources(): ReadonlyMap<string, TrackSource> {
    return new Map([...this.#slots].flatMap(([source, { active, transceiver }]) => (active && transceiver?.mid ? [[transceiver.mid, source] as const] : [])));
  }

  /** Sends the track, which replaces an earlier track of the source. */
  async publish(source: TrackSource, track: MediaStreamTrack): Promise<void> {
    hintTrack(track, source);
    const slot = this.#slots.get(source);
    if (slot?.active) return this.replace(source, track);
    this.#slots.set(source, { track, active: true, transceiver: slot?.transceiver ?? null, rids: slot?.rids ?? null });
    this.#negotiate();
  }

  /** Replaces the track of the source without a negotiation. With `null`, the source sends nothing and keeps its media section. */
  async replace(source: TrackSource, track: MediaStreamTrack | null): Promise<void> {
    const slot = this.#slots.get(source);
    if (!slot?.active) {
      if (track !== null) await this.publish(source, track);
      return;
    }
    if (slot.track === track) return;
    if (track !== null) hintTrack(track, source);
    slot.track = track;
    this.#replaceElsewhere(source);
    if (slot.transceiver !== null) await this.#replaceTrack(slot.transceiver.sender, this.#sent(source));
  }

  /** Sends nothing until it is resumed. Everything stays published and negotiated. */
  async setPaused(isPaused: boolean): Promise<void> {
    this.#isPaused = isPaused;
    if (isPaused) {
      this.#former.end();
      for (const source of this.#slots.keys()) this.#replaceElsewhere(source);
    }
    await Promise.all([...this.#slots].map(async ([source, slot]) => {
      if (slot.active && slot.transceiver !== null) await this.#replaceTrack(slot.transceiver.sender, this.#sent(source)).catch(() => undefined); // a closed connection sends nothing
    }));
  }

  /** Sends only these simulcast layers of the source. */
  setLayers(source: TrackSource, rids: readonly string[]): void {
    const slot = this.#slots.get(source);
    if (slot === undefined) return;
    slot.rids = rids;
    this.#applyLayers();
  }

  /** Limits what the camera sends in total, in bits per second. */
  limitCamera(bitsPerSecond: number | null): void {
    this.#cameraLimit = bitsPerSecond;
    this.#applyLayers();
  }

  /** Call this after a change of what is muted. The tracks of muted sources are disabled already. */
  applyMutes(): void {
    const microphone = this.#slots.get('microphone');
    if (microphone !== undefined) {
      const senders = [microphone.transceiver?.sender, ...this.#sendersElsewhere('microphone')];
      for (const sender of senders) if (sender !== undefined) this.#activity.set(sender, !this.#host.isMuted('microphone'));
    }
    const camera = this.#slots.get('camera');
    if (!camera?.active) return;
    this.#replaceElsewhere('camera');
    if (camera.transceiver !== null) void this.#replaceTrack(camera.transceiver.sender, this.#sent('camera')).catch(() => undefined); // a closed connection sends nothing
  }

  /** Stops the source; its tile disappears for the other participants. */
  unpublish(source: TrackSource): void {
    const slot = this.#slots.get(source);
    if (!slot?.active) return;
    slot.active = false;
    slot.track = null;
    this.#replaceElsewhere(source);
    this.#negotiate();
  }

  /** Opens a new connection with the same tracks. The old connection is closed when the new one sends. */
  restart(): void {
    this.#moveUntil = -Infinity;
    if (this.#closed || !this.#isSending) return;
    this.#restart = true;
    this.#settle?.('superseded');
    this.#endDelay();
    this.#negotiate();
  }

  /** Opens a new connection with the same tracks on another media node. The old one ends when the new one sends, at the latest after `deadlineMs`. */
  move(deadlineMs: number): void {
    this.restart();
    this.#moveUntil = this.#environment.monotonicNow() + deadlineMs;
  }

  /** Offers once more what is negotiated, if there is a connection: the media node answers, even when no media gets through. Returns whether it is offered. Without an answer, nothing changes. */
  probe(): boolean {
    if (this.#closed || !this.#online || this.#connection === null || this.#isLost || this.#restart || this.#opening) return false;
    this.#isProbeDue = true;
    if (!this.#running) void this.#run();
    return true;
  }

  /** Looks for a better path on the same connection (RFC 8445 §9), which keeps the present one until it has found another. Returns whether it is offered. Without an answer, nothing changes. */
  restartIce(): boolean {
    this.#restartsIce = !this.isReplacing && this.probe();
    return this.#restartsIce;
  }

  /** Another media node has been chosen: what failed before says nothing about it. */
  resetBackoff(): void {
    this.#failures = 0;
    this.#connectTime.forgetExceeded();
  }

  /** Whether the connection was lost, and neither a later one nor an earlier one sends in its place. */
  get isLost(): boolean {
    return this.#isLost && !this.#former.kept.some(former => isUp(former) && !this.#dead.has(former));
  }

  /** Whether something is to be sent, nothing is sent now, and one of these connections is to send it, but has no path to the media node. The paths of `ended` do not count. */
  lacksPath(connections: ReadonlySet<RTCPeerConnection>, ended: ReadonlySet<RTCPeerConnection>): boolean {
    if (this.#closed || !this.#isSending || this.#opening || this.#connection === null || !connections.has(this.#connection)) return false;
    return (this.#isLost || ended.has(this.#connection) || isSeekingPath(this.#connection)) && !this.#former.kept.some(former => isUp(former) && !ended.has(former) && !this.#dead.has(former));
  }

  /** Whether a new connection is to be opened, or an old one still sends beside it. */
  get isReplacing(): boolean {
    return this.#restart || this.#opening || this.#former.kept.length > 0;
  }

  handleOnline(): void {
    this.#online = true;
    const state = this.#connection?.connectionState;
    // An interrupted connection may recover, unless the network of this client has changed.
    if (state === 'failed' || state === 'closed' || (state === 'disconnected' && this.#host.patience(0) === 0)) this.#restart = true;
    if (this.#dirty || this.#restart) this.#negotiate();
  }

  handleOffline(): void {
    this.#online = false;
    this.#settle?.('offline');
  }

  /** Ends the connections. What is published is sent again after `handleOnline`. */
  suspend(): void {
    clearTimeout(this.#retry);
    this.#endDelay();
    if (this.#connection !== null) this.#endUnused();
    for (const slot of this.#slots.values()) slot.transceiver = slot.rids = null;
    this.#dirty = this.#isSending;
  }

  /** Applies the answer to the offer in flight. Answers to superseded offers are dropped; servers of earlier versions send no reference. */
  handleAnswer(sdp: string, sessionId?: string, reference?: string): void {
    if (reference === undefined || reference === this.#reference) this.#settle?.({ sdp, sessionId });
  }

  /** True when the error rejects the offer in flight. */
  handleError(code: string, reference: string | undefined): boolean {
    if (this.#settle === null || reference !== this.#reference) return false;
    this.#settle({ rejected: code });
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#endDelay();
    this.#settle?.('offline');
    this.#stopWatching();
    this.#former.end();
    this.#end(this.#connection);
    this.#connection = null;
  }

  /** The reference of the latest offer. */
  get #reference(): string {
    return `offer-${this.#offers}`;
  }

  #negotiate(): void {
    this.#dirty = true;
    clearTimeout(this.#retry);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      await Promise.resolve(); // tracks that are published together share one offer
      while ((this.#dirty || this.#isProbeDue) && this.#online && !this.#closed) {
        const isProbe = !this.#dirty && !this.#restart;
        this.#dirty = this.#isProbeDue = false;
        await this.#exchange(isProbe);
      }
    } finally {
      this.#running = false;
    }
  }

  async #exchange(isProbe: boolean): Promise<void> {
    const fresh = this.#restart || this.#connection === null;
    if (fresh && !this.#isSending) return this.#endUnused();
    const restart = this.#restart;
    const iceRestart = !fresh && this.#restartsIce;
    this.#restart = this.#restartsIce = false;
    if (fresh) clearTimeout(this.#retry);
    const transforms = this.#host.transforms();
    const configuration: RTCConfiguration = { bundlePolicy: 'max-bundle' };
    const connection = fresh ? this.#environment.createPeerConnection(transforms?.configure(configuration) ?? configuration) : this.#connection!;
    if (fresh) for (const slot of this.#slots.values()) slot.transceiver = slot.rids = null;
    this.#opening = fresh;
    let outcome: Outcome;
    try {
      await this.#assignTracks(connection);
      await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
      outcome = await this.#sendOffer(connection, restart, fresh ? undefined : this.#sessionId);
      if (typeof outcome === 'object' && 'sdp' in outcome) {
        this.#sessionId = outcome.sessionId;
        if (fresh) this.#adopt(connection);
        await connection.setRemoteDescription({ type: 'answer', sdp: outcome.sdp });
        if (fresh) nameSession(connection, outcome.sessionId);
        transforms?.handleNegotiated(connection);
        this.applyMutes();
        this.#applyLayers();
        this.#invalidOffers = 0;
        return;
      }
    } catch {
      outcome = { rejected: 'invalid-sdp' };
    } finally {
      this.#opening = false;
    }
    if (isProbe && canIgnore(outcome) && await this.#rollBack(connection)) return;
    // The server may or may not have applied the offer, so the next offer opens a new connection.
    if (fresh) this.#end(connection);
    if (this.#closed) return;
    this.#dirty = true;
    this.#restart = true;
    if (outcome === 'offline' || outcome === 'superseded' || outcome === 'timeout') return;
    // The next offer names no session, so the server cannot reject it for the same reason.
    if (typeof outcome === 'object' && outcome.rejected === 'unknown-session') return;
    if (typeof outcome === 'object' && outcome.rejected === 'invalid-sdp' && ++this.#invalidOffers >= maxInvalidOffers) {
      this.#dirty = this.#restart = false;
      this.#host.onRejected(outcome.rejected);
      return;
    }
    await this.#delayRetry();
  }

  /** Takes back an offer that changed nothing. Returns whether the connection goes on. */
  async #rollBack(connection: RTCPeerConnection): Promise<boolean> {
    if (this.#closed || this.#restart || connection !== this.#connection) return false;
    try {
      await connection.setLocalDescription({ type: 'rollback' });
      return !this.#restart;
    } catch {
      return false; // the connection was closed meanwhile
    }
  }

  /** Ends the connection, which would have to be replaced, because nothing is published any more. The next track opens one. */
  #endUnused(): void {
    this.#stopWatching();
    this.#end(this.#connection);
    this.#connection = null;
    this.#restart = this.#isLost = false;
    this.#former.end();
    this.#host.onState('idle');
  }

  async #assignTracks(connection: RTCPeerConnection): Promise<void> {
    for (const [source, slot] of this.#slots) {
      if (slot.transceiver?.direction === 'stopped') slot.transceiver = null;
      if (!slot.active) {
        if (slot.transceiver !== null) {
          slot.transceiver.direction = 'inactive';
          await this.#replaceTrack(slot.transceiver.sender, null);
        }
      } else if (slot.transceiver === null) {
        const sendEncodings = encodingFor(source, this.#cameraLimit) ?? [{ active: !this.#host.isMuted(source) }];
        const kind = source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
        const track = this.#sent(source);
        slot.transceiver = connection.addTransceiver(track ?? kind, { direction: 'sendonly', sendEncodings });
        this.#sources.set(slot.transceiver.sender, source);
        this.#wantedTracks.set(slot.transceiver.sender, track);
        const transforms = this.#host.transforms();
        transforms?.attachSender(slot.transceiver, source);
        // The media node adds and removes repeated frames, which it cannot do in encrypted payloads.
        if (source === 'microphone' && transforms === null) preferRedundancy(slot.transceiver, this.#environment.audioCodecs());
      } else {
        slot.transceiver.direction = 'sendonly';
        await this.#replaceTrack(slot.transceiver.sender, this.#sent(source));
      }
    }
  }

  /** Sends what is to be sent of the source also on the connections that a newer one replaces, or will replace as soon as its offer is answered. */
  #replaceElsewhere(source: TrackSource): void {
    for (const sender of this.#sendersElsewhere(source)) void this.#replaceTrack(sender, this.#sent(source)).catch(() => undefined); // a closed connection sends nothing
  }

  /** The senders of the source on these connections, also those without a track. */
  #sendersElsewhere(source: TrackSource): RTCRtpSender[] {
    const newest = this.#slots.get(source)?.transceiver?.sender;
    const connections = [...this.#former.kept, ...(this.#connection === null ? [] : [this.#connection])];
    return connections.flatMap(connection => connection.getSenders()).filter(sender => this.#sources.get(sender) === source && sender !== newest);
  }

  /** Replaces the track of a sender unless it is the last one that was asked for. `sender.track` is an earlier one while a change is in progress. */
  async #replaceTrack(sender: RTCRtpSender, track: MediaStreamTrack | null): Promise<void> {
    if (this.#wantedTracks.get(sender) === track) return;
    this.#wantedTracks.set(sender, track);
    try {
      await sender.replaceTrack(track);
    } catch (error) {
      this.#wantedTracks.delete(sender);
      throw error;
    }
  }

  /** What is sent of a source. A muted microphone keeps its track, for the reason in `SenderActivity`. */
  #sent(source: TrackSource): MediaStreamTrack | null {
    const isMuted = source === 'camera' && this.#host.isMuted(source);
    return this.#isPaused || isMuted ? null : this.#slots.get(source)?.track ?? null;
  }

  /** Applies the latest request for layers of each source, and the limit of the camera. */
  #applyLayers(): void {
    for (const [source, { transceiver }] of this.#slots) {
      const sender = transceiver?.sender;
      if (sender === undefined || this.#layersDue.has(sender)) continue;
      this.#layersDue.add(sender);
      const change = async () => {
        this.#layersDue.delete(sender);
        const slot = this.#slots.get(source);
        if (slot?.transceiver?.sender === sender) await setLayers(slot, encodingFor(source, this.#cameraLimit) ?? []);
      };
      this.#layering.set(sender, (this.#layering.get(sender) ?? Promise.resolve()).then(change));
    }
  }

  #sendOffer(connection: RTCPeerConnection, restart: boolean, sessionId: string | undefined): Promise<Outcome> {
    const tracks = [...this.#slots]
      .filter(([, slot]) => slot.active && slot.transceiver?.mid)
      .map(([source, slot]) => ({ mid: slot.transceiver!.mid!, source }));
    // The media node repeats the request in its answer, and then the browser follows it. Shared sound may be music, whose quiet parts must not be cut.
    const sdp = withDtx(connection.localDescription!.sdp, tracks.filter(({ source }) => source === 'microphone').map(({ mid }) => mid));
    this.#offers++;
    return new Promise<Outcome>(resolve => {
      const timer = setTimeout(() => this.#settle?.('timeout'), answerTimeoutMs);
      this.#settle = outcome => {
        clearTimeout(timer);
        this.#settle = null;
        resolve(outcome);
      };
      if (!this.#host.sendOffer({ reference: this.#reference, sdp, tracks, restart, isTunnel: isTunnelled(connection), ...(sessionId === undefined ? {} : { sessionId }) })) this.#settle('offline');
    });
  }

  #end(connection: RTCPeerConnection | null): void {
    if (connection === null) return;
    this.#host.transforms()?.release(connection);
    connection.close();
  }

  #adopt(connection: RTCPeerConnection): void {
    this.#stopWatching();
    const former = this.#connection;
    if (former !== null) {
      this.#former.add(former, this.#moveUntil - this.#environment.monotonicNow());
      former.onconnectionstatechange = () => {
        if (former.connectionState === 'connected') this.#dead.delete(former);
        this.#host.onFormerChanged();
      };
    }
    this.#connection = connection;
    this.#opening = false; // from now on, a loss is one of this connection
    this.#host.onState('connecting');
    this.#stopWatching = watchConnection(connection, { patience: interruptedMs => this.#host.patience(interruptedMs), now: this.#environment.monotonicNow, connectTime: this.#connectTime }, {
      suspected: () => this.#host.onSuspected(),
      connected: () => {
        this.#isLost = false;
        void this.#former.handOver(connection);
        this.#host.onState('connected');
      },
      steady: () => { this.#failures = 0; },
      lost: () => {
        this.#isLost = true;
        this.#dead.add(connection);
        this.#former.extend();
        if (this.#opening) return;
        this.#restart = true;
        this.#dirty = true;
        this.#host.onState('connecting');
        const delay = backoffMs(this.#failures++, this.#environment.random());
        this.#retry = setTimeout(() => {
          this.#settle?.('superseded'); // an offer that changes the lost connection; its media node may never answer
          this.#negotiate();
        }, delay);
      },
    });
  }

  /** Whether a source is published. */
  get #isSending(): boolean {
    return [...this.#slots.values()].some(slot => slot.active);
  }

  /** Waits before the next attempt. Runs inside the negotiation loop, so that no other offer is sent meanwhile. */
  #delayRetry(): Promise<void> {
    const delay = backoffMs(this.#failures++, this.#environment.random(), refusedBackoff);
    return new Promise(resolve => {
      const timer = setTimeout(resolve, delay);
      this.#endDelay = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether the outcome of an offer that only asks whether the media node works says nothing about the connection. */
const canIgnore = (outcome: Outcome): boolean =>
  outcome === 'offline' || outcome === 'timeout' || (typeof outcome === 'object' && 'rejected' in outcome && outcome.rejected !== 'unknown-session' && outcome.rejected !== 'invalid-sdp');

async function setLayers({ transceiver, rids }: Slot, wanted: readonly RTCRtpEncodingParameters[]): Promise<void> {
  if (transceiver === null) return;
  const parameters = transceiver.sender.getParameters();
  let isChanged = false;
  for (const layer of parameters.encodings) {
    if (layer.rid === undefined) continue;
    const active = rids === null ? layer.active ?? true : rids.includes(layer.rid);
    const maxBitrate = wanted.find(({ rid }) => rid === layer.rid)?.maxBitrate ?? layer.maxBitrate;
    if (active === (layer.active ?? true) && maxBitrate === layer.maxBitrate) continue;
    layer.active = active;
    if (maxBitrate !== undefined) layer.maxBitrate = maxBitrate;
    isChanged = true;
  }
  // Fails while a negotiation changes the parameters; the layers are set again after it.
  if (isChanged) await transceiver.sender.setParameters(parameters).catch(() => undefined);
}
