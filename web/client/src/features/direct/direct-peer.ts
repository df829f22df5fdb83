import type { Environment } from '../../core/environment.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { FrameTransforms } from '../e2ee/frame-transforms.js';
import { watchConnection } from '../media/connection-watch.js';
import { withDtx } from '../media/sdp.js';

/** The media sections of a direct connection, in this order. They are negotiated once, and tracks come and go in them. */
const sections: readonly TrackSource[] = ['microphone', 'camera', 'screen', 'screen-audio'];
const maxBitrates: Partial<Record<TrackSource, number>> = { camera: 1_500_000, screen: 2_500_000 };
const gatheringMs = 1_500;

export interface DirectPeerHost {
  readonly iceServers: RTCIceServer[];
  /** The encryption end to end, or null. */
  transforms(): FrameTransforms | null;
  localTrack(source: TrackSource): MediaStreamTrack | null;
  /** What the camera may send on this connection, in bits per second, or null. */
  cameraLimit(): number | null;
  onConnected(): void;
  onLost(): void;
}

/** The direct connection to another participant. */
export class DirectPeer {
  readonly connection: RTCPeerConnection;
  readonly #participantId: string;
  readonly #host: DirectPeerHost;
  readonly #stopWatching: () => void;
  /** Ends when the last change of limits is done. Two changes of one sender at the same time would fail. */
  #limiting: Promise<void> = Promise.resolve();

  constructor(environment: Environment, participantId: string, host: DirectPeerHost) {
    this.#participantId = participantId;
    this.#host = host;
    const configuration: RTCConfiguration = { iceServers: host.iceServers, bundlePolicy: 'max-bundle' };
    this.connection = environment.createPeerConnection(host.transforms()?.configure(configuration) ?? configuration);
    this.#stopWatching = watchConnection(this.connection, { connected: host.onConnected, lost: host.onLost });
  }

  /** The SDP of an offer with all candidates. */
  async offer(): Promise<string> {
    for (const source of sections) {
      const transceiver = this.connection.addTransceiver(this.#host.localTrack(source) ?? kindOf(source), { direction: 'sendrecv' });
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
    await this.#negotiated();
    return this.#describe();
  }

  async accept(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await this.#negotiated();
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

  /** Sends the tracks that the participant publishes now. */
  async refreshTracks(): Promise<void> {
    await Promise.all(this.#sections.map(async ({ source, transceiver }) => {
      const track = this.#host.localTrack(source);
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }));
  }

  /** Call this after a change of the limit. */
  applyLimits(): Promise<void> {
    this.#limiting = this.#limiting.then(async () => {
      for (const { source, transceiver } of this.#sections) await this.#limit(source, transceiver.sender);
    });
    return this.#limiting;
  }

  close(): void {
    this.#stopWatching();
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

  async #negotiated(): Promise<void> {
    this.#host.transforms()?.handleNegotiated(this.connection);
    await this.applyLimits();
  }

  async #limit(source: TrackSource, sender: RTCRtpSender): Promise<void> {
    const most = maxBitrates[source];
    if (most === undefined) return;
    const limit = source === 'camera' ? this.#host.cameraLimit() : null;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.maxBitrate = limit === null ? most : Math.min(most, limit);
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
