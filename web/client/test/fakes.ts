import { vi } from 'vitest';
import type { Environment } from '../src/core/environment.js';
import type { ClientMessage, ServerMessage } from '../src/protocol.js';

/** Runs all pending microtasks without advancing the time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve();
}

export class FakeTrack extends EventTarget {
  enabled = true;
  muted = false;
  contentHint = '';
  readyState = 'live';
  constructor(readonly kind: 'audio' | 'video', readonly id = `${kind}-${FakeTrack.next++}`) {
    super();
  }
  private static next = 0;

  clone(): FakeTrack {
    const copy = new FakeTrack(this.kind);
    copy.original = this;
    return copy;
  }

  /** The track that this one is a copy of. */
  original: FakeTrack | null = null;

  stop(): void {
    this.readyState = 'ended';
  }

  settings: MediaTrackSettings = {};

  getSettings(): MediaTrackSettings {
    return this.settings;
  }
}

export const track = (kind: 'audio' | 'video'): MediaStreamTrack => new FakeTrack(kind) as unknown as MediaStreamTrack;

/** The transport that all media sections of a connection share (BUNDLE). */
export class FakeDtlsTransport extends EventTarget {
  state = 'new';
  readonly iceTransport = new EventTarget();
}

/** A channel that both sides open without negotiating it. */
export class FakeDataChannel {
  readyState = 'connecting';
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: string[] = [];

  send(text: string): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(text);
  }

  open(): void {
    if (this.readyState !== 'connecting') return;
    this.readyState = 'open';
    this.onopen?.();
  }

  receive(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

export class FakeTransceiver {
  mid: string | null = null;
  currentDirection: string | null = null;
  readonly receiver: { track: FakeTrack; transport: FakeDtlsTransport | null; jitterBufferTarget: number | null; getSynchronizationSources: () => { audioLevel: number; timestamp?: number }[] };
  readonly sender: {
    track: unknown; transport: FakeDtlsTransport | null; replaceTrack: (track: unknown) => Promise<void>; getStats: () => Promise<Map<string, unknown>>;
    getParameters: () => { encodings: RTCRtpEncodingParameters[] }; setParameters: (parameters: { encodings: RTCRtpEncodingParameters[] }) => Promise<void>;
  };
  encodings: RTCRtpEncodingParameters[];
  packetsSent = 0;
  /** The MIME types of `setCodecPreferences`; null for the browser's order. */
  preferred: string[] | null = null;
  /** Makes `setParameters` fail, as a browser does while a negotiation changes the parameters. */
  locked = false;
  /** Whether a change of the parameters is running. A second one fails, as in a browser. */
  #changing = false;
  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.preferred = codecs.map(codec => codec.mimeType);
  }

  constructor(kind: 'audio' | 'video', sent: unknown, public direction: string, transport: FakeDtlsTransport, encodings: RTCRtpEncodingParameters[] = [{}]) {
    this.encodings = encodings.map(encoding => ({ active: true, ...encoding }));
    this.receiver = { track: new FakeTrack(kind), transport, jitterBufferTarget: null, getSynchronizationSources: () => [{ audioLevel: 0.25 }] };
    this.sender = {
      track: sent,
      transport,
      replaceTrack: async track => { this.sender.track = track; },
      getStats: async () => new Map([['outbound', { type: 'outbound-rtp', packetsSent: this.packetsSent }]]),
      getParameters: () => ({ encodings: this.encodings.map(encoding => ({ ...encoding })) }),
      setParameters: async ({ encodings: changed }) => {
        if (this.locked || this.#changing) throw new DOMException('changed meanwhile', 'InvalidStateError');
        this.#changing = true;
        for (let turn = 0; turn < 8; turn++) await Promise.resolve();
        this.encodings = changed;
        this.#changing = false;
      },
    };
  }
}

/** Enforces the signaling states of JSEP: overlapping offers throw, as in a browser. */
export class FakePeerConnection {
  connectionState = 'new';
  iceConnectionState = 'new';
  signalingState = 'stable';
  /** Candidates are known at once. */
  iceGatheringState = 'complete';
  onconnectionstatechange: (() => void) | null = null;
  onsignalingstatechange: (() => void) | null = null;
  /** How long the browser takes to apply a description of the other side. */
  applying: Promise<void> = Promise.resolve();
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  readonly transport = new FakeDtlsTransport();
  /** Lines that this connection writes into its answers. */
  answerLines: string[] = [];
  channel: FakeDataChannel | null = null;
  stats = new Map<string, unknown>();

  constructor(public configuration: RTCConfiguration, readonly index: number) {}

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    if (this.connectionState === 'closed') throw new DOMException('closed', 'InvalidStateError');
    this.configuration = configuration;
  }

  addTransceiver(trackOrKind: FakeTrack | 'audio' | 'video', init: { direction: string; sendEncodings?: RTCRtpEncodingParameters[] }): FakeTransceiver {
    const kind = typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind;
    const transceiver = new FakeTransceiver(kind, typeof trackOrKind === 'string' ? null : trackOrKind, init.direction, this.transport, init.sendEncodings ?? [{}]);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(): FakeDataChannel {
    return this.channel = new FakeDataChannel();
  }

  readonly #events = new EventTarget();

  addEventListener(type: string, listener: () => void): void {
    this.#events.addEventListener(type, listener);
  }

  removeEventListener(type: string, listener: () => void): void {
    this.#events.removeEventListener(type, listener);
  }

  gather(state: 'gathering' | 'complete'): void {
    this.iceGatheringState = state;
    this.#events.dispatchEvent(new Event('icegatheringstatechange'));
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  getSenders(): FakeTransceiver['sender'][] {
    return this.transceivers.map(({ sender }) => sender);
  }

  getReceivers(): FakeTransceiver['receiver'][] {
    return this.transceivers.map(({ receiver }) => receiver);
  }

  /** The credentials change with each restart of ICE. */
  iceRestarts = 0;

  async createOffer({ iceRestart = false }: RTCOfferOptions = {}): Promise<{ type: string; sdp: string }> {
    if (iceRestart) this.iceRestarts++;
    const lines = this.transceivers.flatMap((transceiver, index) => {
      const { kind } = transceiver.receiver.track;
      const codecs = kind === 'audio' ? ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111'] : ['a=rtpmap:96 VP8/90000'];
      return [`m=${kind}`, `a=mid:${transceiver.mid ?? index} ${transceiver.direction}`, ...codecs];
    });
    return { type: 'offer', sdp: [`a=ice-ufrag:client${this.index}${'+'.repeat(this.iceRestarts)}`, `a=ice-pwd:secret${this.index}`, ...lines].join('\n') };
  }

  async createAnswer(): Promise<{ type: string; sdp: string }> {
    if (this.signalingState !== 'have-remote-offer') throw new DOMException('no offer', 'InvalidStateError');
    return { type: 'answer', sdp: [...this.answerLines, `answer of ${this.index} to ${this.remoteDescription?.sdp ?? ''}`].join('\n') };
  }

  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    if (description.type === 'rollback') {
      if (this.signalingState !== 'have-local-offer') throw new DOMException(`rollback in ${this.signalingState}`, 'InvalidStateError');
      this.signalingState = 'stable';
      this.onsignalingstatechange?.();
      return;
    }
    const expected = description.type === 'offer' ? 'stable' : 'have-remote-offer';
    if (this.signalingState !== expected) throw new DOMException(`local ${description.type} in ${this.signalingState}`, 'InvalidStateError');
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    if (description.type === 'offer') this.transceivers.forEach((transceiver, index) => { transceiver.mid ??= String(index); });
    else for (const transceiver of this.transceivers) transceiver.currentDirection = transceiver.direction;
    this.onsignalingstatechange?.();
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    if (description.sdp.includes('broken')) throw new DOMException('cannot parse', 'OperationError');
    const expected = description.type === 'answer' ? 'have-local-offer' : 'stable';
    if (this.signalingState !== expected) throw new DOMException(`remote ${description.type} in ${this.signalingState}`, 'InvalidStateError');
    await this.applying;
    if (this.connectionState === 'closed') await new Promise(() => {}); // browsers never settle it
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    this.onsignalingstatechange?.();
    if (description.type !== 'offer') return;
    for (const [, mid, kind, direction] of description.sdp.matchAll(/a=mid:(\S+) (audio|video) (\S+)/g)) {
      let transceiver = this.transceivers.find(known => known.mid === mid);
      if (transceiver === undefined) {
        transceiver = new FakeTransceiver(kind as 'audio' | 'video', null, 'recvonly', this.transport);
        transceiver.mid = mid!;
        this.transceivers.push(transceiver);
      }
      transceiver.direction = direction === 'inactive' ? 'inactive' : 'recvonly';
    }
  }

  async getStats(): Promise<Map<string, unknown>> {
    return this.stats;
  }

  setConnectionState(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
    this.emit('connectionstatechange');
  }

  /** Dispatches an event with these fields. */
  emit(type: string, fields: object = {}): void {
    this.#events.dispatchEvent(Object.assign(new Event(type), fields));
  }

  /** Simulates a DTLS close_notify from the server, which does not change the ICE state. */
  closeByServer(): void {
    this.transport.state = 'closed';
    this.transport.dispatchEvent(new Event('statechange'));
  }

  close(): void {
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }
}

export class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  closedWith: number | null = null;

  constructor(readonly url: string, readonly protocols: string[] | undefined) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }

  close(code = 1000): void {
    this.closedWith = code;
  }

  /** Simulates the server accepting the socket. */
  accept(): void {
    this.onopen?.();
  }

  receive(message: ServerMessage | object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  disconnect(code = 1006): void {
    this.onclose?.({ code });
  }

  sentOf<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter(message => message.type === type) as Extract<ClientMessage, { type: T }>[];
  }
}

interface RestCall {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Record<string, unknown> | null;
  readonly authorization: string | null;
}

export type RestResponse = { status: number; body?: unknown; headers?: Record<string, string> } | 'unreachable' | 'silent';

/** A server whose responses the test defines, in place of the browser environment. */
export class ScriptedServer {
  readonly sockets: FakeWebSocket[] = [];
  readonly connections: FakePeerConnection[] = [];
  readonly calls: RestCall[] = [];
  /** By how much the clock of the machine was set. Durations do not change with it. */
  clockJumpMs = 0;
  network: (online: boolean) => void = () => {};
  networkSign: () => void = () => {};
  respond: (call: RestCall) => RestResponse = call => this.defaultResponse(call);

  readonly environment: Environment = {
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      const call: RestCall = {
        method: init?.method ?? 'GET',
        path: new URL(String(input)).pathname,
        query: new URL(String(input)).search,
        body: typeof init?.body === 'string' ? JSON.parse(init.body) as Record<string, unknown> : null,
        authorization: headers.get('authorization'),
      };
      this.calls.push(call);
      const response = this.respond(call);
      if (response === 'unreachable') throw new TypeError('Failed to fetch');
      if (response === 'silent') return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => { reject(new DOMException('aborted', 'AbortError')); }));
      const body = response.status === 204 ? null : JSON.stringify(response.body ?? {});
      return new Response(body, { status: response.status, ...(response.headers === undefined ? {} : { headers: response.headers }) });
    },
    createWebSocket: (url, protocols) => {
      const socket = new FakeWebSocket(url, protocols);
      this.sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    createPeerConnection: configuration => {
      const connection = new FakePeerConnection(configuration, this.connections.length);
      this.connections.push(connection);
      return connection as unknown as RTCPeerConnection;
    },
    audioCodecs: () => [{ mimeType: 'audio/opus', clockRate: 48000, channels: 2 }, { mimeType: 'audio/red', clockRate: 48000, channels: 2 }],
    random: () => 0.5,
    now: () => Date.now() + this.clockJumpMs,
    monotonicNow: () => Date.now(),
    watchNetwork: changed => {
      this.network = changed;
      return () => { this.network = () => {}; };
    },
    watchNetworkSigns: seen => {
      this.networkSign = seen;
      return () => { this.networkSign = () => {}; };
    },
  };

  get socket(): FakeWebSocket {
    return this.sockets.at(-1)!;
  }

  get joins(): RestCall[] {
    return this.calls.filter(call => call.path.endsWith('/join'));
  }

  defaultResponse(call: RestCall): RestResponse {
    if (call.path.endsWith('/join')) {
      return {
        status: 200,
        body: {
          participantId: 'me', webSocketUrl: `wss://meet.test/meetings/m1?code=${this.joins.length}`, iceServers: [], ticket: `ticket-${this.joins.length}`, role: 'participant',
        },
      };
    }
    if (call.method === 'GET') return { status: 200, body: { meetingId: 'm1', title: 'Review', participants: [], status: 'active' } };
    return { status: 204 };
  }

  /** Lets time pass until the client opens another socket. */
  async nextSocket(): Promise<void> {
    const count = this.sockets.length;
    for (let waited = 0; this.sockets.length === count && waited < 30_000; waited += 10) await vi.advanceTimersByTimeAsync(10);
  }

  /** Accepts the newest socket and sends `joined`. */
  acceptJoin(participants: object[] = [], more: object = {}): void {
    this.socket.accept();
    this.socket.receive({ type: 'joined', participantId: 'me', participants, role: 'participant', muted: { audio: false, video: false }, topology: 'sfu', ...more });
  }

  offer(session: string, revision: number, tracks: { mid: string; participantId: string; kind: 'audio' | 'video'; source: string; inactive?: boolean }[], sessionId?: string, slotsVersion?: number): void {
    const lines = tracks.map(track => `a=mid:${track.mid} ${track.kind} ${track.inactive ? 'inactive' : 'sendonly'}`);
    this.socket.receive({
      type: 'offer', from: 'sfu', revision, sdp: [`a=ice-ufrag:${session}`, `a=ice-pwd:${session}`, ...lines].join('\n'), tracks: tracks.filter(track => !track.inactive), ...(sessionId === undefined ? {} : { sessionId }),
      ...(slotsVersion === undefined ? {} : { slotsVersion }),
    });
  }
}

export const participant = (participantId: string, more: object = {}): object =>
  ({ participantId, displayName: participantId.toUpperCase(), audio: true, video: true, role: 'participant', ...more });
