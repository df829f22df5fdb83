import type { MediaType } from '../../core/wire-types.js';
import { FramePath, type EncodedFrame } from './frame-path.js';
import { TunnelLink } from './link.js';
import { PictureReceiver, type ReceivedPicture } from './picture-receiver.js';
import { PictureSender, type SentPicture } from './picture-sender.js';
import { groupArrivals, readKeyFrameRequests, Unwrapper, writeArrivals, writePictureLoss, writeReceiverReport, writeSenderReport, type ArrivedPacket } from './rtcp.js';
import { isRtcp, readRtp } from './rtp.js';
import { codecs, newTransportNames, readOffer, writeAnswer, writeOffer, type ReceivedSection } from './sdp.js';
import { SoundReceiver, type ReceivedSound } from './sound-receiver.js';
import { SoundSender, type SentSound } from './sound-sender.js';
import { inboundRecord, outboundRecord, pathRecords } from './records.js';

export interface TunnelHost {
  /** Opens the WebSocket of the tunnel of a session. */
  open(sessionId: string): WebSocket;
  now(): number;
  wallTime(): number;
  /** The tunnel has opened. */
  onOpen(): void;
  /** The tunnel has ended before it had opened. */
  onRefused(): void;
}

const rtpTicksPerMs: Record<MediaType, number> = { audio: 48, video: 90 };
const reportMs = 1_000;
const arrivalsMs = 60;
/** How long to wait before a tunnel that did not open is tried again: a replica of signaling may just have gone, or places not be free yet. */
const reopenAfterMs = [300, 1_000, 2_000];

/** A number of 32 bits without a sign, and not 0. */
const newSsrc = (): number => (crypto.getRandomValues(new Uint32Array(1))[0]! | 1) >>> 0;

/** One media section: what a page and the sessions of the SDK use of an `RTCRtpTransceiver`. */
class TunnelTransceiver {
  mid: string | null = null;
  direction: RTCRtpTransceiverDirection;
  currentDirection: RTCRtpTransceiverDirection | null = null;
  readonly sender: TunnelSender;
  readonly receiver: TunnelReceiver;

  constructor(readonly kind: MediaType, direction: RTCRtpTransceiverDirection, connection: TunnelConnection, track: MediaStreamTrack | null, encodings: RTCRtpEncodingParameters[]) {
    this.direction = direction;
    this.sender = new TunnelSender(kind, connection, track, encodings);
    this.receiver = new TunnelReceiver(kind, connection);
  }

  setCodecPreferences(): void {
    // Opus and VP8 are all there is.
  }
}

class TunnelSender {
  readonly ssrc = newSsrc();
  readonly transport = null;
  readonly media: SoundSender | PictureSender;
  /** When the last packet was sent, as of `TunnelHost.now`. */
  sentAt = 0;
  readonly #frames: FramePath<SentSound> | FramePath<SentPicture>;
  #encodings: RTCRtpEncodingParameters[];

  constructor(readonly kind: MediaType, readonly connection: TunnelConnection, public track: MediaStreamTrack | null, encodings: RTCRtpEncodingParameters[]) {
    // One size is sent, whatever layers are named.
    this.#encodings = encodings.slice(0, 1).map(({ active = true }) => ({ active }));
    const { isEncrypted, host: { now } } = connection;
    if (kind === 'audio') {
      const frames = new FramePath<SentSound>(isEncrypted, frame => media.send(frame));
      const media = new SoundSender(this.ssrc, frame => frames.write(frame), packet => {
        this.sentAt = now();
        connection.link?.sendUrgent(packet);
      });
      [this.media, this.#frames] = [media, frames];
    } else {
      const frames = new FramePath<SentPicture>(isEncrypted, frame => media.send(frame));
      const media = new PictureSender(this.ssrc, now, isEncrypted, {
        pass: frame => frames.write(frame),
        isBusy: () => connection.link?.isBusy ?? true,
        send: (packets, isKey) => {
          this.sentAt = now();
          connection.link?.sendVideo(packets, isKey);
        },
      });
      [this.media, this.#frames] = [media, frames];
    }
    this.#apply();
  }

  /** The encoded frames on their way to the packets. */
  createFrameStreams(): ReturnType<FramePath<EncodedFrame>['createFrameStreams']> {
    return this.#frames.createFrameStreams();
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    this.refresh();
  }

  /** Begins or ends to send, as the state of the connection and the track are now. */
  refresh(): void {
    if (this.track !== null && this.connection.connectionState === 'connected') this.media.start(this.track);
    else this.media.stop();
  }

  getParameters(): RTCRtpSendParameters {
    return { encodings: this.#encodings.map(encoding => ({ ...encoding })), codecs: [codecs[this.kind]] } as unknown as RTCRtpSendParameters;
  }

  async setParameters({ encodings }: RTCRtpSendParameters): Promise<void> {
    this.#encodings = encodings;
    this.#apply();
  }

  async getStats(): Promise<RTCStatsReport> {
    const record = outboundRecord(this.kind, null, this.ssrc, this.media);
    return new Map([[record.id, record]]) as unknown as RTCStatsReport;
  }

  close(): void {
    this.media.stop();
    this.#frames.close();
  }

  #apply(): void {
    this.media.isActive = this.#encodings.every(({ active }) => active !== false);
  }
}

class TunnelReceiver {
  jitterBufferTarget: number | null = null;
  readonly transport = null;
  section: ReceivedSection | null = null;
  #media: SoundReceiver | PictureReceiver | null = null;
  readonly #sound: FramePath<ReceivedSound>;
  readonly #pictures: FramePath<ReceivedPicture>;

  constructor(readonly kind: MediaType, readonly connection: TunnelConnection) {
    this.#sound = new FramePath(connection.isEncrypted, frame => { if (this.#media instanceof SoundReceiver) this.#media.play(frame); });
    this.#pictures = new FramePath(connection.isEncrypted, frame => { if (this.#media instanceof PictureReceiver) this.#media.play(frame); });
  }

  /** The encoded frames on their way to the decoder. */
  createFrameStreams(): ReturnType<FramePath<EncodedFrame>['createFrameStreams']> {
    return (this.kind === 'audio' ? this.#sound : this.#pictures).createFrameStreams();
  }

  /** Made when it is first needed: most slots of a small meeting stay empty. */
  get media(): SoundReceiver | PictureReceiver {
    const { now } = this.connection.host;
    return this.#media ??= this.kind === 'audio'
      ? new SoundReceiver(now, frame => this.#sound.write(frame))
      : new PictureReceiver(now, frame => this.#pictures.write(frame), () => this.connection.requestKeyFrame(this.section?.ssrc ?? 0));
  }

  get known(): SoundReceiver | PictureReceiver | null {
    return this.#media;
  }

  get track(): MediaStreamTrack {
    return this.media.track;
  }

  getSynchronizationSources(): { timestamp: number; audioLevel?: number; rtpTimestamp: number; source: number }[] {
    const last = this.#media?.last;
    if (this.#media === null || last === null || last === undefined) return [];
    return [{ timestamp: last.at, rtpTimestamp: last.rtpTimestamp, source: this.section?.ssrc ?? 0, ...(this.#media instanceof SoundReceiver ? { audioLevel: this.#media.level } : {}) }];
  }

  close(): void {
    this.#media?.close();
    this.#sound.close();
    this.#pictures.close();
  }
}

/**
 * Sends or receives media on a tunnel, in the place of an `RTCPeerConnection`: the session descriptions are those of WebRTC, and the packets are those of RTP, which travel on a WebSocket. It has what the
 * sessions of the SDK use of that interface, and can either offer to send or answer to receive. In an encrypted meeting, frames are encrypted before they are packets, as in WebRTC.
 */
export class TunnelConnection extends EventTarget {
  connectionState: RTCPeerConnectionState = 'new';
  signalingState: RTCSignalingState = 'stable';
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  readonly iceGatheringState = 'complete';
  onconnectionstatechange: (() => void) | null = null;
  onsignalingstatechange: (() => void) | null = null;
  readonly host: TunnelHost;
  link: TunnelLink | null = null;
  readonly #names = newTransportNames();
  readonly #session = crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
  readonly #ownSsrc = newSsrc();
  readonly #transceivers: TunnelTransceiver[] = [];
  readonly #numbers = new Unwrapper(16);
  #version = 0;
  #sessionId: string | null = null;
  #timers: ReturnType<typeof setInterval>[] = [];
  #reopening: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #arrived: ArrivedPacket[] = [];
  #arrivedSsrc = 0;
  #reports = 0;
  #bySsrc = new Map<number, TunnelReceiver>();

  /** The clock minus the monotonic time when the connection was made: in between, somebody may set the clock. */
  readonly #clockOffset: number;

  /** @param isEncrypted Whether the meeting is encrypted end to end: nothing is sent or played that has not passed the transform of its sender or receiver. */
  constructor(host: TunnelHost, readonly isEncrypted: boolean) {
    super();
    this.host = host;
    this.#clockOffset = host.wallTime() - host.now();
  }

  get iceConnectionState(): RTCIceConnectionState {
    return this.connectionState === 'connecting' ? 'checking' : this.connectionState;
  }

  /** The name of the session on the media node, which the description does not have. */
  setSession(sessionId: string): void {
    this.#sessionId = sessionId;
    this.#connect();
  }

  addTransceiver(trackOrKind: MediaStreamTrack | string, { direction = 'sendrecv', sendEncodings = [{}] }: RTCRtpTransceiverInit = {}): TunnelTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const transceiver = new TunnelTransceiver((track?.kind ?? trackOrKind) as MediaType, direction, this, track, sendEncodings);
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers(): TunnelTransceiver[] {
    return [...this.#transceivers];
  }

  getSenders(): TunnelSender[] {
    return this.#transceivers.map(({ sender }) => sender);
  }

  getReceivers(): TunnelReceiver[] {
    return this.#transceivers.map(({ receiver }) => receiver);
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    this.#transceivers.forEach((transceiver, index) => transceiver.mid ??= `${index}`);
    const sections = this.#transceivers.map(({ mid, kind, direction, sender }) => ({ mid: mid!, kind, isActive: direction === 'sendonly', ssrc: sender.ssrc }));
    return { type: 'offer', sdp: writeOffer(this.#session, ++this.#version, this.#names, sections, this.isEncrypted) };
  }

  async createAnswer(): Promise<RTCSessionDescriptionInit> {
    return { type: 'answer', sdp: writeAnswer(this.#session, ++this.#version, this.#names, this.#transceivers.map(({ receiver }) => receiver.section!)) };
  }

  async setLocalDescription(description: RTCLocalSessionDescriptionInit): Promise<void> {
    if (description.type !== 'rollback') this.localDescription = description as RTCSessionDescriptionInit;
    this.#setSignaling(description.type === 'offer' ? 'have-local-offer' : 'stable');
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = description;
    if (description.type === 'offer') this.#readOffer(description.sdp ?? '');
    else for (const transceiver of this.#transceivers) transceiver.currentDirection = transceiver.direction;
    this.#setSignaling(description.type === 'offer' ? 'have-remote-offer' : 'stable');
  }

  getConfiguration(): RTCConfiguration {
    return {};
  }

  setConfiguration(): void {
    // There are no servers to use.
  }

  async getStats(): Promise<RTCStatsReport> {
    const records = [
      ...pathRecords(this.link, this.connectionState === 'connected'),
      ...this.#transceivers.flatMap(({ mid, kind, sender, receiver }) => [
        ...(sender.track === null ? [] : [outboundRecord(kind, mid, sender.ssrc, sender.media)]),
        ...(receiver.known === null ? [] : [inboundRecord(kind, mid, receiver.section?.ssrc ?? 0, receiver.known)]),
      ]),
    ];
    return new Map(records.map(record => [record.id, record])) as unknown as RTCStatsReport;
  }

  requestKeyFrame(ssrc: number): void {
    this.link?.sendUrgent(writePictureLoss(this.#ownSsrc, ssrc));
  }

  close(): void {
    if (this.connectionState === 'closed') return;
    this.connectionState = 'closed';
    this.#stop();
  }

  #stop(): void {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
    clearTimeout(this.#reopening);
    this.link?.close();
    for (const { sender, receiver } of this.#transceivers) {
      sender.close();
      receiver.close();
    }
  }

  #readOffer(sdp: string): void {
    readOffer(sdp).forEach((section, index) => {
      const transceiver = this.#transceivers[index] ?? this.addTransceiver(section.kind, { direction: 'recvonly' });
      transceiver.mid = section.mid;
      transceiver.receiver.section = section;
      transceiver.currentDirection = section.payloadType === null ? 'inactive' : 'recvonly';
      if (section.ssrc !== null) this.#bySsrc.set(section.ssrc, transceiver.receiver);
    });
  }

  #setSignaling(state: RTCSignalingState): void {
    this.signalingState = state;
    this.onsignalingstatechange?.();
    this.#connect();
  }

  #setState(state: RTCPeerConnectionState): void {
    if (this.connectionState === 'closed' || this.connectionState === state) return;
    this.connectionState = state;
    for (const sender of this.getSenders()) sender.refresh();
    this.onconnectionstatechange?.();
  }

  /** Opens the tunnel once both descriptions and the name of the session are known. */
  #connect(): void {
    if (this.link !== null || this.#sessionId === null || this.signalingState !== 'stable' || this.localDescription === null || this.remoteDescription === null || this.connectionState !== 'new') return;
    this.#setState('connecting');
    this.#openLink(this.#sessionId);
  }

  #openLink(sessionId: string): void {
    const { now } = this.host;
    this.link = new TunnelLink(this.host.open(sessionId), now, {
      onOpen: () => this.#begin(),
      onPacket: packet => this.#receive(packet, now()),
      onClosed: () => this.#handleClosed(sessionId),
      onDropped: () => {
        for (const { media } of this.getSenders()) if (media instanceof PictureSender) media.onDropped();
      },
    });
  }

  #handleClosed(sessionId: string): void {
    const hasOpened = this.connectionState === 'connected';
    const wait = hasOpened ? undefined : reopenAfterMs[this.#failures++];
    if (wait !== undefined) {
      this.#reopening = setTimeout(() => this.#openLink(sessionId), wait);
      return;
    }
    this.#stop();
    this.#setState('failed');
    if (!hasOpened) this.host.onRefused();
  }

  #begin(): void {
    this.#report();
    this.#timers = [setInterval(() => this.#report(), reportMs), setInterval(() => this.#reportArrivals(), arrivalsMs)];
    this.#setState('connected');
    this.host.onOpen();
  }

  /** Shows the media node that this client is there, and how its times relate to the clock. */
  #report(): void {
    if (this.link === null) return;
    const now = this.host.now();
    const senders = this.getSenders().filter(({ media }) => media.packets > 0);
    for (const { ssrc, kind, media, sentAt } of senders) {
      const rtpTime = (media.rtpTime + Math.round((now - sentAt) * rtpTicksPerMs[kind])) >>> 0;
      this.link.sendUrgent(writeSenderReport({ ssrc, packets: media.packets, bytes: media.bytes, rtpTime }, this.#clockOffset + now));
    }
    if (senders.length === 0) this.link.sendUrgent(writeReceiverReport(this.#ownSsrc));
    this.link.reports++;
  }

  #reportArrivals(): void {
    for (const group of groupArrivals(this.#arrived.splice(0))) this.link?.sendUrgent(writeArrivals(this.#ownSsrc, this.#arrivedSsrc, group, this.#reports++));
  }

  #receive(bytes: Uint8Array, now: number): void {
    if (isRtcp(bytes)) {
      for (const ssrc of readKeyFrameRequests(bytes)) {
        for (const sender of this.getSenders()) if (sender.ssrc === ssrc && sender.media instanceof PictureSender) sender.media.requestKeyFrame();
      }
      return;
    }
    const packet = readRtp(bytes);
    const receiver = packet === null ? undefined : this.#bySsrc.get(packet.ssrc);
    if (packet === null || receiver === undefined || receiver.section === null) return;
    const number = packet.extensions.get(receiver.section.numberId ?? 0);
    if (number?.length === 2) {
      this.#arrived.push({ number: this.#numbers.unwrap((number[0]! << 8) | number[1]!), at: now });
      this.#arrivedSsrc = packet.ssrc;
    }
    if (packet.payloadType === receiver.section.payloadType) receiver.media.receive(packet);
  }
}
