import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../src/features/e2ee/bytes.js';
import { FrameEngine } from '../../src/features/e2ee/frame-engine.js';
import { readFrame } from '../../src/features/e2ee/frame-format.js';
import { frameKeyOf } from '../../src/features/e2ee/frame-key.js';
import { pipeFrames } from '../../src/features/e2ee/frame-pipe.js';
import { FrameTransforms } from '../../src/features/e2ee/frame-transforms.js';
import type { WorkerReport, WorkerRequest } from '../../src/features/e2ee/worker-messages.js';
import { TunnelConnection } from '../../src/features/tunnel/connection.js';
import { frame } from '../../src/features/tunnel/framing.js';
import { isRtcp, readRtp, writeRtp } from '../../src/features/tunnel/rtp.js';
import { packVp8, readVp8 } from '../../src/features/tunnel/vp8.js';
import { FakeTrack, stubCodecs } from './fake-codecs.js';

let codecs: ReturnType<typeof stubCodecs>;
let now = 0;
const open: TunnelConnection[] = [];

beforeEach(() => {
  codecs = stubCodecs();
  now = 0;
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
  vi.unstubAllGlobals();
});

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
const keyOf = (generation = 1): ReturnType<typeof frameKeyOf> => frameKeyOf(new Uint8Array(32).fill(generation) as Bytes, { generation, step: 0 }, 'm-1', 'alice');

class FakeSocket {
  readyState = 1;
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  peer: FakeSocket | null = null;
  readonly packets: Uint8Array[] = [];
  /** Changes what is delivered. */
  change = (packet: Uint8Array): Uint8Array => packet;

  send(data: Uint8Array | string): void {
    if (typeof data === 'string') return void queueMicrotask(() => this.peer?.onmessage?.({ data }));
    const packet = data.subarray(2); // each message is one packet behind its length
    this.packets.push(packet);
    const delivered = data.slice();
    delivered.set(this.change(packet.slice()), 2);
    queueMicrotask(() => this.peer?.onmessage?.({ data: delivered.buffer }));
  }

  close(): void {
    this.readyState = 3;
  }
}

/** A page with the engine of its worker, and a connection on a tunnel. */
class Page {
  readonly reports: WorkerReport[] = [];
  readonly engine = new FrameEngine(report => { this.reports.push(report); });
  readonly socket = new FakeSocket();
  /** The frames that the engine has encrypted, decrypted or dropped. */
  handled = 0;
  readonly connection: TunnelConnection;
  readonly transforms = new FrameTransforms({
    postMessage: (request: WorkerRequest) => {
      if (request.type === 'streams') void pipeFrames(this.engine, request.options, request.readable, request.writable, () => now);
      else this.engine.handle(request);
    },
  } as unknown as Worker);

  constructor() {
    const [seal, openFrame] = [this.engine.seal.bind(this.engine), this.engine.open.bind(this.engine)];
    this.engine.seal = (...frame) => seal(...frame).finally(() => { this.handled++; });
    this.engine.open = (...frame) => openFrame(...frame).finally(() => { this.handled++; });
    this.connection = new TunnelConnection({
      open: () => this.socket as unknown as WebSocket, now: () => now, wallTime: () => now, onOpen: () => undefined, onRefused: () => undefined,
    }, true);
    open.push(this.connection);
  }

  get peer(): RTCPeerConnection {
    return this.connection as unknown as RTCPeerConnection;
  }
}

interface Call {
  readonly alice: Page;
  readonly bob: Page;
  readonly camera: FakeTrack;
  readonly microphone: FakeTrack;
  readonly offer: string;
  /** Captures a picture and 20 ms of sound, and waits until both have gone all the way to the decoders. Sound is held for 40 ms there. */
  capture(): Promise<void>;
}

/** Alice sends camera and microphone on a tunnel, and Bob receives them on another one. */
async function call({ isAttached = true } = {}): Promise<Call> {
  const [alice, bob] = [new Page(), new Page()];
  [alice.socket.peer, bob.socket.peer] = [bob.socket, alice.socket];
  const [camera, microphone] = [new FakeTrack('video'), new FakeTrack('audio')];
  const sent = [['camera', camera], ['microphone', microphone]] as const;
  for (const [source, track] of sent) {
    const transceiver = alice.connection.addTransceiver(track as unknown as MediaStreamTrack, { direction: 'sendonly' });
    if (isAttached) alice.transforms.attachSender(transceiver as unknown as RTCRtpTransceiver, source);
  }
  const offer = await alice.connection.createOffer();
  await alice.connection.setLocalDescription(offer);
  await alice.connection.setRemoteDescription({ type: 'answer', sdp: '' });
  alice.connection.setSession('a');
  alice.transforms.handleNegotiated(alice.peer);

  await bob.connection.setRemoteDescription({ type: 'offer', sdp: offer.sdp! });
  bob.connection.getReceivers().forEach((receiver, index) => {
    if (isAttached) bob.transforms.attachReceiver(receiver as unknown as RTCRtpReceiver);
    if (isAttached) bob.transforms.bindReceiver(receiver as unknown as RTCRtpReceiver, 'alice', sent[index]![0]);
  });
  await bob.connection.setLocalDescription(await bob.connection.createAnswer() as RTCLocalSessionDescriptionInit);
  bob.connection.setSession('b');
  bob.engine.handle({ type: 'peer', participantId: 'alice', identityKey: 'k' });
  for (const { socket } of [alice, bob]) socket.onopen?.();

  const capture = async (): Promise<void> => {
    now += 400; // a key frame is made no more often than each 300 ms
    const encoded = codecs.encoded.length + 2;
    camera.capture(now);
    microphone.capture(now);
    await until(() => codecs.encoded.length === encoded);
    await flush();
    if (!isAttached) return;
    await until(() => alice.handled === encoded);
    await flush();
    await until(() => bob.handled === new Set(media(alice).map(({ payloadType, timestamp }) => `${payloadType} ${timestamp}`)).size);
    await flush();
  };
  return { alice, bob, camera, microphone, offer: offer.sdp!, capture };
}

const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => { if (!condition()) throw new Error('not yet'); }, { timeout: 20_000, interval: 5 });
/** Runs what waits for nothing but its turn. */
const flush = (): Promise<void> => new Promise(resolve => { setTimeout(resolve); });

const share = async ({ alice, bob }: Call, generation = 1): Promise<void> => {
  const key = await keyOf(generation);
  alice.engine.handle({ type: 'own-key', key });
  bob.engine.handle({ type: 'peer-key', participantId: 'alice', identityKey: 'k', key, isProven: true });
};

const media = (page: Page) => page.socket.packets.filter(packet => !isRtcp(packet)).map(packet => readRtp(packet)!);
const of = <Frame extends { kind: string; data: Uint8Array }>(frames: readonly Frame[], kind: string): string[] => frames.filter(frame => frame.kind === kind).map(({ data }) => hex(data));

describe('an encrypted meeting on a tunnel', () => {
  it('sends frames as other clients encrypt them, which arrive as they were', async () => {
    const running = await call();
    await share(running);
    for (let i = 0; i < 4; i++) await running.capture();

    await until(() => {
      now += 10; // sound is held
      return codecs.decoded.length === 8;
    });
    for (const kind of ['video', 'audio']) expect(of(codecs.decoded, kind)).toEqual(of(codecs.encoded, kind));
    const stream = running.alice.socket.packets.map(hex).join('');
    for (const { data } of codecs.encoded) expect(stream).not.toContain(hex(data.subarray(20, 36)));
    const frames = media(running.alice).filter(({ payloadType }) => payloadType === 111).map(({ payload }) => payload);
    expect(frames.map(frame => readFrame(frame)?.trailer)).toMatchObject(frames.map(() => ({ generation: 1, step: 0, length: 81 + 16, format: 0x11 })));
    expect(running.bob.reports.filter(({ type }) => type === 'health')).toHaveLength(2);
    expect(running.bob.reports).toContainEqual({ type: 'health', participantId: 'alice', identityKey: 'k', source: 'camera', decrypts: true });
  });

  it('tells key frames, their sizes and the levels of sound in header extensions', async () => {
    const running = await call();
    await share(running);
    for (let i = 0; i < 2; i++) await running.capture();

    expect(running.offer).toContain('a=extmap:2 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\r\n');
    const pictures = media(running.alice).filter(({ payloadType }) => payloadType === 96);
    const described = pictures.map(({ extensions }) => hex(extensions.get(2)!));
    const parts = described.length / 2;
    expect(described[0]).toBe('800000' + '80003a4101813f80b380');
    expect(described[parts - 1]).toBe('400000');
    expect([described[parts], described.at(-1)]).toEqual(['810001', '410001']);
    expect(pictures.map(({ payload }) => readVp8(payload)!.begins)).toEqual(described.map((_, index) => index % parts === 0));
    expect(hex(pictures[0]!.payload.subarray(0, 11))).toBe('101002009d012a80026801'); // the descriptor of VP8, and the bytes of a key frame that stay clear
    expect(media(running.alice).filter(({ payloadType }) => payloadType === 111).every(({ extensions }) => extensions.get(1)![0] === 20)).toBe(true);
  });

  it('sends nothing without a key, and then begins with a key frame', async () => {
    const running = await call();
    for (let i = 0; i < 3; i++) await running.capture();
    expect(codecs.encoded.length).toBe(6);
    expect(media(running.alice)).toEqual([]);

    await share(running);
    for (let i = 0; i < 3; i++) await running.capture();
    const first = media(running.alice).find(({ payloadType }) => payloadType === 96)!;
    expect(hex(first.extensions.get(2)!)).toBe('800000' + '80003a4101813f80b380');
    expect(of(codecs.decoded, 'video').at(-1)).toBe(of(codecs.encoded, 'video').at(-1));
  });

  it('sends and plays nothing without transforms', async () => {
    const running = await call({ isAttached: false });
    await share(running);
    for (let i = 0; i < 3; i++) await running.capture();
    expect(media(running.alice)).toEqual([]);
    const { ssrc } = running.alice.connection.getSenders()[0]!;
    const key = packVp8(Uint8Array.of(0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, 7))[0]!;
    running.bob.socket.onmessage?.({ data: frame([writeRtp({ payloadType: 96, marker: true, sequence: 1, timestamp: 1, ssrc }, key)]).buffer });
    await flush();
    expect(codecs.decoded).toEqual([]);
  });

  it('shows nothing that does not decrypt, says so after two seconds, and goes on with a key frame when there is a key', async () => {
    const running = await call();
    const { alice, bob } = running;
    alice.engine.handle({ type: 'own-key', key: await keyOf() });
    bob.engine.handle({ type: 'peer-key', participantId: 'alice', identityKey: 'k', key: await keyOf(2), isProven: true });
    for (let i = 0; i < 7; i++) await running.capture();
    expect(codecs.decoded).toEqual([]);
    for (const source of ['camera', 'microphone']) expect(bob.reports).toContainEqual({ type: 'health', participantId: 'alice', identityKey: 'k', source, decrypts: false });
    expect(bob.reports).toContainEqual({ type: 'unknown-key', participantId: 'alice', identityKey: 'k', keyId: { generation: 1, step: 0 } });

    await share(running);
    for (let i = 0; i < 3; i++) await running.capture();
    expect(of(codecs.decoded, 'video').at(-1)).toBe(of(codecs.encoded, 'video').at(-1));
    expect(codecs.decoded.find(({ kind }) => kind === 'video')!.data[0]).toBe(0x10);
  });

  it('a frame that was changed is not shown, nor what needs it, up to the next key frame', async () => {
    const running = await call();
    await share(running);
    await running.capture();
    running.alice.socket.change = packet => {
      packet[packet.length - 40]! ^= 1;
      return packet;
    };
    await running.capture();
    running.alice.socket.change = packet => packet;
    for (let i = 0; i < 3; i++) await running.capture();

    const pictures = codecs.encoded.filter(({ kind }) => kind === 'video');
    expect(pictures.map(({ isKey }) => isKey)).toEqual([true, false, false, true, false]); // the third shows that something is missing
    expect(of(codecs.decoded, 'video')).toEqual([0, 3, 4].map(index => hex(pictures[index]!.data)));
  });

  it('goes on when the key is replaced', async () => {
    const running = await call();
    for (const generation of [1, 2, 3]) {
      await share(running, generation);
      await running.capture();
    }
    expect(of(codecs.decoded, 'video')).toEqual(of(codecs.encoded, 'video'));
    expect(new Set(media(running.alice).filter(({ payloadType }) => payloadType === 111).map(({ payload }) => readFrame(payload)!.trailer.counter)).size).toBe(3);
  });

  it('a key frame that is none harms nobody', async () => {
    const running = await call();
    await share(running);
    const { engine } = running.alice;
    const seal = engine.seal.bind(engine);
    engine.seal = (id, source, data, type) => seal(id, source, source === 'camera' ? Uint8Array.of(0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 7).buffer : data, type);
    for (let i = 0; i < 2; i++) await running.capture();
    expect(of(codecs.decoded, 'video')).toEqual([]);
    engine.seal = seal;
    for (let i = 0; i < 3; i++) await running.capture();
    expect(of(codecs.decoded, 'video').at(-1)).toBe(of(codecs.encoded, 'video').at(-1));
  });
});
