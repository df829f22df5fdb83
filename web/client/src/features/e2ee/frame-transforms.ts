import type { TrackSource } from '../../core/wire-types.js';
import type { TransformOptions, WorkerRequest } from './worker-messages.js';

/** Header extensions that tell the SFU about key frames and layers, which it cannot see in encrypted frames. */
const neededExtensions = ['dependency-descriptor', 'video-layers-allocation'];

interface Negotiable {
  getHeaderExtensionsToNegotiate?(): { uri: string; direction: string }[];
  setHeaderExtensionsToNegotiate?(extensions: { uri: string; direction: string }[]): void;
}

interface FrameStreams {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

interface WithStreams {
  createEncodedStreams?(): FrameStreams;
  /** The same of a connection that is not one of the browser, whatever interface the browser has. */
  createFrameStreams?(): FrameStreams;
}

/** Puts the encryption into the media connections: every sender and receiver gets its transform before its first frame. */
export class FrameTransforms {
  readonly #worker: Worker;
  readonly #senders = new Map<RTCRtpSender, number>();
  readonly #receivers = new Map<RTCRtpReceiver, number>();
  #next = 1;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** The configuration of a connection whose frames are encrypted. */
  configure(configuration: RTCConfiguration): RTCConfiguration {
    return usesStreams() ? { ...configuration, encodedInsertableStreams: true } as RTCConfiguration : configuration;
  }

  attachSender(transceiver: RTCRtpTransceiver, source: TrackSource): void {
    if (this.#senders.has(transceiver.sender)) return;
    const id = this.#next++;
    this.#senders.set(transceiver.sender, id);
    this.#attach(transceiver.sender, { side: 'send', id, source });
    const negotiable = transceiver as unknown as Negotiable;
    const extensions = negotiable.getHeaderExtensionsToNegotiate?.();
    if (extensions === undefined) return;
    negotiable.setHeaderExtensionsToNegotiate?.(extensions.map(extension =>
      neededExtensions.some(name => extension.uri.includes(name)) ? { ...extension, direction: 'sendrecv' } : extension));
  }

  /** Call this after every negotiation of a connection that sends. */
  handleNegotiated(connection: RTCPeerConnection): void {
    for (const sender of connection.getSenders()) {
      const id = this.#senders.get(sender);
      const codec = sender.getParameters().codecs?.[0]?.mimeType.split('/')[1]?.toLowerCase();
      if (id !== undefined && codec !== undefined) this.#post({ type: 'codec', id, codec });
    }
  }

  /** Call this before the answer for every receiver: one without a transform would play encrypted frames. Nothing is played until the receiver is bound. */
  attachReceiver(receiver: RTCRtpReceiver): void {
    if (this.#receivers.has(receiver)) return;
    const id = this.#next++;
    this.#receivers.set(receiver, id);
    this.#attach(receiver, { side: 'receive', id });
  }

  /** Says whose frames the receiver gets. Call this again when it gets another track. */
  bindReceiver(receiver: RTCRtpReceiver, participantId: string, source: TrackSource): void {
    this.attachReceiver(receiver);
    this.#post({ type: 'bind', id: this.#receivers.get(receiver)!, participantId, source });
  }

  /** Call this when a connection is closed. */
  release(connection: RTCPeerConnection): void {
    const ids = [...connection.getSenders().map(sender => take(this.#senders, sender)), ...connection.getReceivers().map(receiver => take(this.#receivers, receiver))].filter(id => id !== undefined);
    if (ids.length > 0) this.#post({ type: 'release', ids });
  }

  #attach(end: (RTCRtpSender | RTCRtpReceiver) & WithStreams, options: TransformOptions): void {
    const streams = end.createFrameStreams?.() ?? (usesStreams() ? end.createEncodedStreams!() : null);
    if (streams === null) {
      end.transform = new RTCRtpScriptTransform(this.#worker, options);
      return;
    }
    const { readable, writable } = streams;
    this.#worker.postMessage({ type: 'streams', options, readable, writable } satisfies WorkerRequest, [readable, writable]);
  }

  #post(request: WorkerRequest): void {
    this.#worker.postMessage(request);
  }
}

function take<Key>(known: Map<Key, number>, key: Key): number | undefined {
  const id = known.get(key);
  known.delete(key);
  return id;
}

/** Whether this browser has only the older way to reach encoded frames. */
const usesStreams = (): boolean => typeof RTCRtpScriptTransform === 'undefined';

/** Whether this browser can encrypt media end to end. */
export function canEncrypt(): boolean {
  if (typeof RTCRtpSender === 'undefined' || typeof Worker === 'undefined' || globalThis.crypto?.subtle === undefined) return false;
  return typeof RTCRtpScriptTransform !== 'undefined' || 'createEncodedStreams' in RTCRtpSender.prototype;
}
