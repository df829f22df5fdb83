import type { Environment } from '../../core/environment.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { watchConnection } from '../media/connection-watch.js';
import { withDtx } from '../media/sdp.js';
import { SenderActivity } from '../media/sender-activity.js';
import { cameraLimits, screenLimits } from './limits.js';
import { readState, writeState, type Shown, type Size } from './shown.js';

/** The media sections of a direct connection, in this order. They are negotiated once, and tracks come and go in them. */
const sections: readonly TrackSource[] = ['microphone', 'camera', 'screen', 'screen-audio'];
/** Both sides open this channel without negotiating it, and tell each other in it what they show. */
const viewChannel: RTCDataChannelInit = { negotiated: true, id: 0 };
const limited = ['maxBitrate', 'maxFramerate', 'scaleResolutionDownBy'] as const;
const gatheringMs = 1_500;
/** Reading a message takes time and a change may start an encoder, so another participant cannot cause more. */
const shortestBetweenMessagesMs = 250;
/** A camera and a screen can change their size, without an event. */
const checkSizeMs = 2_000;

export interface DirectPeerHost {
  readonly iceServers: RTCIceServer[];
  /** How long a dead path may still recover, in milliseconds. */
  readonly patienceMs: number;
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  localTrack(source: TrackSource): MediaStreamTrack | null;
  /** Whether the source is muted, so that nothing of it is sent. */
  isMuted(source: TrackSource): boolean;
  /** What the camera may send on this connection, in bits per second, or null. */
  cameraLimit(): number | null;
  /** The pictures of the other participant that are shown. */
  shown(): Shown;
  /** What this participant publishes, if no server tells the other one. */
  published?(): readonly TrackSource[];
  /** What the other participant publishes, if no server tells. */
  onPublished?(sources: readonly TrackSource[]): void;
  /** The connection is open, and both sides can tell what they show. */
  onConnected(): void;
  /** The connection has carried packets for a while. Called once. */
  onSteady(): void;
  onLost(): void;
  /** The other participant has closed the connection. */
  onClosed(): void;
}

/**
 * The direct connection to another participant. Pictures are sent once the other one has said that it shows them, in the size in which it does. Where its page does not say
 * so, because it is of an earlier version, the connection never counts as connected.
 */
export class DirectPeer {
  readonly connection: RTCPeerConnection;
  readonly #participantId: string;
  readonly #host: DirectPeerHost;
  readonly #stopWatching: () => void;
  readonly #channel: RTCDataChannel;
  /** The last message to the other page. */
  #told: string | null = null;
  /** What the other participant shows, as it is applied, and its last message that has not been read. */
  #wanted: Shown = new Map();
  #unread: unknown = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #sizeCheck: ReturnType<typeof setInterval> | undefined;
  /** Ends when the last change of tracks is done. */
  #replacing: Promise<void> = Promise.resolve();
  /**
   * For each source, ends when the last change of limits is done; two changes of one sender at the same time would fail. Chromium ends one with the next frame, so nothing else waits for it.
   */
  readonly #limiting = new Map<TrackSource, Promise<void>>();
  /** The sources with a change that has not begun. */
  readonly #waiting = new Set<TrackSource>();
  readonly #activity = new SenderActivity();

  constructor(environment: Environment, participantId: string, host: DirectPeerHost) {
    this.#participantId = participantId;
    this.#host = host;
    const configuration: RTCConfiguration = { iceServers: host.iceServers, bundlePolicy: 'max-bundle' };
    this.connection = environment.createPeerConnection(host.transforms()?.configure(configuration) ?? configuration);
    this.#channel = this.connection.createDataChannel('view', viewChannel);
    this.#channel.onopen = () => {
      this.refreshState();
      this.#sizeCheck = setInterval(() => this.applyLimits(), checkSizeMs);
      host.onConnected();
    };
    this.#channel.onclose = host.onClosed;
    this.#channel.onmessage = ({ data }) => {
      this.#unread = data;
      this.#readState();
    };
    this.#stopWatching = watchConnection(this.connection, { patience: () => host.patienceMs, now: environment.monotonicNow }, { connected: () => undefined, steady: host.onSteady, lost: () => host.onLost() });
  }

  /** The SDP of an offer with all candidates. */
  async offer(): Promise<string> {
    for (const source of sections) {
      const transceiver = this.connection.addTransceiver(this.#sent(source) ?? kindOf(source), { direction: 'sendrecv', sendEncodings: [{ active: source !== 'microphone' || !this.#host.isMuted(source) }] });
      this.#encrypt(transceiver, source);
    }
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return this.#describe();
  }

  /** The SDP of the answer to an offer, with all candidates. */
  async answer(offer: string): Promise<string> {
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer });
    for (const { source, transceiver } of this.#sections) {
      transceiver.direction = 'sendrecv';
      this.#encrypt(transceiver, source);
    }
    await this.refreshTracks();
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    this.#negotiated();
    return this.#describe();
  }

  async accept(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#negotiated();
  }

  receiver(source: TrackSource): RTCRtpReceiver | undefined {
    return this.#transceiver(source)?.receiver;
  }

  mid(source: TrackSource): string {
    return this.#transceiver(source)?.mid ?? '';
  }

  /** The source of each media section, by its mid. */
  get sources(): ReadonlyMap<string, TrackSource> {
    return new Map(this.#sections.flatMap(({ source, transceiver }) => (transceiver.mid === null ? [] : [[transceiver.mid, source] as const])));
  }

  /** Call this after a change of the published tracks. */
  async refreshTracks(): Promise<void> {
    const replaced = this.#replacing.then(() => Promise.all(this.#sections.map(async ({ source, transceiver }) => {
      const track = this.#sent(source);
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    })));
    this.#replacing = replaced.then(() => undefined, () => undefined);
    await replaced;
    this.applyLimits();
    this.refreshState();
  }

  /** Call this after a change of what is muted. */
  applyMutes(): void {
    for (const { source, transceiver } of this.#sections) if (source === 'microphone') this.#activity.set(transceiver.sender, !this.#host.isMuted(source));
    void this.refreshTracks().catch(() => undefined); // it fails on a connection that has been closed
  }

  /** Call this after a change of the limit. */
  applyLimits(): void {
    for (const { source, transceiver } of this.#sections) {
      if (this.#waiting.has(source)) continue;
      this.#waiting.add(source);
      const limit = () => {
        this.#waiting.delete(source);
        return this.#limit(source, transceiver.sender);
      };
      this.#limiting.set(source, (this.#limiting.get(source) ?? Promise.resolve()).then(limit));
    }
  }

  /** Call this after a change of what is shown. */
  refreshState(): void {
    const state = writeState({ shown: this.#host.shown(), published: this.#host.published?.() ?? null });
    if (this.#channel.readyState !== 'open' || state === this.#told) return;
    try {
      this.#channel.send(state);
      this.#told = state;
    } catch {
      // The channel takes no more now; the next change is sent again.
    }
  }

  close(): void {
    this.#stopWatching();
    clearTimeout(this.#pause);
    clearInterval(this.#sizeCheck);
    this.#channel.onopen = this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#host.transforms()?.release(this.connection);
    this.connection.close();
  }

  get #sections(): { readonly source: TrackSource; readonly transceiver: RTCRtpTransceiver }[] {
    return this.connection.getTransceivers().slice(0, sections.length).map((transceiver, index) => ({ source: sections[index]!, transceiver }));
  }

  #transceiver(source: TrackSource): RTCRtpTransceiver | undefined {
    return this.#sections.find(section => section.source === source)?.transceiver;
  }

  #encrypt(transceiver: RTCRtpTransceiver, source: TrackSource): void {
    const transforms = this.#host.transforms();
    transforms?.attachSender(transceiver, source);
    transforms?.bindReceiver(transceiver.receiver, this.#participantId, source);
  }

  #negotiated(): void {
    this.#host.transforms()?.handleNegotiated(this.connection);
    this.applyMutes();
  }

  /** What is sent of a source: no picture that is muted or that the other participant does not show. */
  #sent(source: TrackSource): MediaStreamTrack | null {
    return kindOf(source) === 'video' && (this.#host.isMuted(source) || this.#sizeOf(source) === undefined) ? null : this.#host.localTrack(source);
  }

  #sizeOf(source: TrackSource): Size | undefined {
    return source === 'camera' || source === 'screen' ? this.#wanted.get(source) : undefined;
  }

  /** Reads the first message at once, and of those that arrive soon after it the last. */
  #readState(): void {
    if (this.#pause !== undefined || this.#unread === null) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#readState();
    }, shortestBetweenMessagesMs);
    const state = readState(this.#unread);
    this.#unread = null;
    if (state === null) return;
    if (state.published !== null) this.#host.onPublished?.(state.published);
    const isSame = writeState({ ...state, published: null }) === writeState({ shown: this.#wanted, published: null });
    if (isSame) return;
    this.#wanted = state.shown;
    void this.refreshTracks().catch(() => undefined); // it fails on a connection that has been closed
  }

  async #limit(source: TrackSource, sender: RTCRtpSender): Promise<void> {
    const size = this.#sizeOf(source);
    if (size === undefined || sender.track === null) return;
    const settings = sender.track.getSettings();
    const limits = source === 'camera' ? cameraLimits(settings, size, this.#host.cameraLimit()) : screenLimits(settings, size);
    const parameters = sender.getParameters();
    if (parameters.encodings.every(encoding => limited.every(key => encoding[key] === limits[key]))) return;
    for (const encoding of parameters.encodings) Object.assign(encoding, limits);
    await sender.setParameters(parameters).catch(() => undefined); // only a limit
  }

  async #describe(): Promise<string> {
    await gathered(this.connection);
    return withDtx(this.connection.localDescription!.sdp, [this.mid('microphone')]);
  }
}

const kindOf = (source: TrackSource): 'audio' | 'video' => (source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video');

/** Waits for the candidates, but not for a STUN server that does not answer. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(finish, gatheringMs);
    connection.addEventListener('icegatheringstatechange', check);
    check();

    function check(): void {
      if (connection.iceGatheringState === 'complete') finish();
    }

    function finish(): void {
      clearTimeout(timer);
      connection.removeEventListener('icegatheringstatechange', check);
      resolve();
    }
  });
}
