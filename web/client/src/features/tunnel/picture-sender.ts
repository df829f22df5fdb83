import { descriptorId, writeDescriptor } from './dependency-descriptor.js';
import type { EncodedFrame } from './frame-path.js';
import { readFrames } from './media-streams.js';
import { writeRtp } from './rtp.js';
import { vp8Type } from './sdp.js';
import { packVp8, sizeOfVp8Key } from './vp8.js';

/** A picture with more pixels is scaled down: a tunnel is for lines of which little is known. */
const maxPixels = 640 * 360;
const maxScreenPixels = 1280 * 720;
const [minBitsPerSecond, startBitsPerSecond, maxBitsPerSecond] = [80_000, 350_000, 700_000];
/** Below the first bit rate, pictures get a quarter of the pixels, until the second one is reached: their key frames would take seconds. */
const smallBitsPerSecond = { enter: 160_000, leave: 260_000 };
/** At most so many pictures a second. */
const minIntervalMs = { camera: 1_000 / 20.5, screen: 1_000 / 8.2 };
const maxEncoding = 2;
/** The bit rate grows when nothing has waited for this time. */
const growAfterMs = 2_000;
/** Key frames are made no more often, whoever asks for them. */
const keyFrameMs = 300;

export interface SentPicture extends EncodedFrame {
  readonly rtpTime: number;
  readonly isKey: boolean;
  /** Counts the encoded frames. */
  readonly number: number;
}

interface PictureSenderEvents {
  /** Gets each encoded frame, and gives it to `send` when it may be sent. */
  pass(frame: SentPicture): void;
  /** Whether pictures wait for the line. */
  isBusy(): boolean;
  send(packets: Uint8Array[], isKey: boolean): void;
}

/** Encodes the pictures of a track and sends them in packets, as many as the line takes. */
export class PictureSender {
  readonly #ssrc: number;
  readonly #now: () => number;
  readonly #events: PictureSenderEvents;
  /** Whether the packets have dependency descriptors. */
  readonly #isDescribed: boolean;
  #reader: ReadableStreamDefaultReader<VideoFrame | AudioData> | null = null;
  #encoder: VideoEncoder | null = null;
  #configured = '';
  #sequence = Math.floor(Math.random() * 20_000);
  #encoded = 0;
  /** The number of the frame that may be sent next, if it is no key frame. */
  #following = 0;
  #wantsKey = true;
  #keyAt = -Infinity;
  #takenAt = -Infinity;
  #changedAt = -Infinity;
  #bitsPerSecond = startBitsPerSecond;
  #isSmall = false;
  isActive = true;
  isScreen = false;
  packets = 0;
  bytes = 0;
  frames = 0;
  width = 0;
  height = 0;
  rtpTime = 0;

  constructor(ssrc: number, now: () => number, isDescribed: boolean, events: PictureSenderEvents) {
    this.#ssrc = ssrc;
    this.#now = now;
    this.#isDescribed = isDescribed;
    this.#events = events;
  }

  get bitsPerSecond(): number {
    return this.#bitsPerSecond;
  }

  start(track: MediaStreamTrack): void {
    this.stop();
    this.isScreen = track.contentHint === 'detail' || track.contentHint === 'text';
    const reader = readFrames(track);
    this.#reader = reader;
    void this.#read(reader).catch(() => undefined);
  }

  stop(): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close();
    this.#encoder = null;
    this.#configured = '';
    this.#wantsKey = true;
  }

  requestKeyFrame(): void {
    this.#wantsKey = true;
  }

  /** Frames were dropped, because the line takes less. */
  onDropped(): void {
    this.#wantsKey = true;
    this.#setRate(this.#bitsPerSecond * 0.6);
  }

  async #read(reader: ReadableStreamDefaultReader<VideoFrame | AudioData>): Promise<void> {
    while (reader === this.#reader) {
      const { value, done } = await reader.read();
      if (done || value === undefined) return;
      const picture = value as VideoFrame;
      if (reader === this.#reader && this.isActive) this.#encode(picture);
      picture.close();
    }
  }

  #encode(picture: VideoFrame): void {
    const now = this.#now();
    if (now - this.#takenAt < minIntervalMs[this.isScreen ? 'screen' : 'camera'] || (this.#encoder?.encodeQueueSize ?? 0) >= maxEncoding) return;
    if (this.#events.isBusy()) {
      this.#setRate(this.#bitsPerSecond * 0.95);
      return; // the next picture is newer
    }
    if (now - this.#changedAt > growAfterMs) this.#setRate(this.#bitsPerSecond * 1.1);
    this.#takenAt = now;
    const encoder = this.#configure(picture);
    const keyFrame = this.#wantsKey && now - this.#keyAt >= keyFrameMs;
    if (keyFrame) {
      this.#wantsKey = false;
      this.#keyAt = now;
    }
    encoder.encode(picture, { keyFrame });
  }

  #setRate(bitsPerSecond: number): void {
    this.#bitsPerSecond = Math.round(Math.min(maxBitsPerSecond, Math.max(minBitsPerSecond, bitsPerSecond)));
    this.#isSmall = this.#bitsPerSecond < (this.#isSmall ? smallBitsPerSecond.leave : smallBitsPerSecond.enter);
    this.#changedAt = this.#now();
  }

  #configure(picture: VideoFrame): VideoEncoder {
    const scale = Math.min(1, Math.sqrt((this.isScreen ? maxScreenPixels : maxPixels) / (this.#isSmall ? 4 : 1) / (picture.displayWidth * picture.displayHeight)));
    const [width, height] = [picture.displayWidth, picture.displayHeight].map(side => Math.max(2, 2 * Math.round(side * scale / 2))) as [number, number];
    // Steps of a tenth, so that the encoder is not configured for each picture.
    const bitrate = Math.round(1.1 ** Math.round(Math.log(this.#bitsPerSecond) / Math.log(1.1)));
    const wanted = `${width} ${height} ${bitrate}`;
    let encoder = this.#encoder;
    if (encoder === null || encoder.state === 'closed') {
      encoder = new VideoEncoder({ output: chunk => this.#output(chunk), error: () => undefined });
      this.#encoder = encoder;
      this.#configured = '';
      this.#wantsKey = true;
    }
    if (wanted !== this.#configured) {
      encoder.configure({ codec: 'vp8', width, height, bitrate, framerate: this.isScreen ? 8 : 20, latencyMode: 'realtime' });
      this.#configured = wanted;
      [this.width, this.height] = [width, height];
    }
    return encoder;
  }

  #output(chunk: EncodedVideoChunk): void {
    const data = new ArrayBuffer(chunk.byteLength);
    chunk.copyTo(data);
    this.#events.pass({ data, rtpTime: Math.round(chunk.timestamp * 90 / 1000) >>> 0, isKey: chunk.type === 'key', number: this.#encoded++ });
  }

  /** Sends an encoded frame. When one before it has been dropped, nothing makes sense before the next key frame. */
  send({ data, rtpTime, isKey, number }: SentPicture): void {
    if (!isKey && number !== this.#following) {
      this.#wantsKey = true;
      return;
    }
    this.#following = number + 1;
    const encoded = new Uint8Array(data);
    const payloads = packVp8(encoded);
    const frame = this.frames++;
    this.rtpTime = rtpTime;
    this.bytes += encoded.length;
    this.#events.send(payloads.map((payload, index) => {
      const [begins, ends] = [index === 0, index === payloads.length - 1];
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.packets++;
      const size = isKey && begins ? sizeOfVp8Key(encoded) : null;
      const more = this.#isDescribed ? { extension: { id: descriptorId, value: writeDescriptor({ begins, ends, frame, isKey, size }) } } : {};
      return writeRtp({ payloadType: vp8Type, marker: ends, sequence: this.#sequence, timestamp: rtpTime, ssrc: this.#ssrc, ...more }, payload);
    }), isKey);
  }
}
