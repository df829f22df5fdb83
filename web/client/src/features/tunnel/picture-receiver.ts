import type { EncodedFrame } from './frame-path.js';
import { generateTrack, type GeneratedTrack } from './media-streams.js';
import { Unwrapper } from './rtcp.js';
import type { RtpPacket } from './rtp.js';
import { isVp8Key, readVp8 } from './vp8.js';

/** Key frames are asked for no more often. */
const requestMs = 500;
/** A decoder with more waiting frames falls behind. */
const maxQueued = 8;
/** A longer pause between two pictures is a freeze, as browsers count. */
const freezeMs = 300;
/** A frame with more is none of a camera or screen. */
const maxFrameBytes = 1024 * 1024;
/** A decoder that has failed is replaced no more often: whoever sends nonsense goes on with it. */
const renewMs = 1_000;

export interface ReceivedPicture extends EncodedFrame {
  /** The RTP time. */
  readonly timestamp: number;
  /** Counts the frames, and what is missing as one. */
  readonly number: number;
}

/** Decodes and shows the pictures of one section. */
export class PictureReceiver {
  readonly track: GeneratedTrack = generateTrack('video');
  readonly #writer = this.track.writable.getWriter();
  readonly #now: () => number;
  readonly #pass: (frame: ReceivedPicture) => void;
  readonly #requestKeyFrame: () => void;
  #decoder: VideoDecoder;
  #renewedAt = -Infinity;
  readonly #times = new Unwrapper(32);
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #timestamp = 0;
  #sequence = -1;
  #number = 0;
  /** The number of the frame that may be decoded next, if it is no key frame. */
  #following = 0;
  #needsKey = true;
  #requestedAt = -Infinity;
  #shownAt = -Infinity;
  #isClosed = false;
  packets = 0;
  bytes = 0;
  lost = 0;
  decoded = 0;
  keyFrames = 0;
  requests = 0;
  freezes = 0;
  freezeSeconds = 0;
  width = 0;
  height = 0;
  last: { readonly at: number; readonly rtpTimestamp: number } | null = null;

  /**
   * @param pass Gets each frame that has arrived, and gives it to `play` when it may be shown.
   * @param requestKeyFrame Asks the sender for a key frame.
   */
  constructor(now: () => number, pass: (frame: ReceivedPicture) => void, requestKeyFrame: () => void) {
    this.#now = now;
    this.#pass = pass;
    this.#requestKeyFrame = requestKeyFrame;
    this.#decoder = this.#createDecoder();
  }

  receive({ sequence, timestamp, marker, payload }: RtpPacket): void {
    if (this.#isClosed) return;
    this.packets++;
    this.bytes += payload.length;
    this.last = { at: this.#now(), rtpTimestamp: timestamp };
    const missing = this.#sequence < 0 ? 0 : (sequence - this.#sequence - 1) & 0xffff;
    this.#sequence = sequence;
    if (missing > 0) this.#skip(Math.min(100, missing));
    const part = readVp8(payload);
    if (part === null) return;
    if (part.begins) {
      this.#drop();
      this.#timestamp = timestamp;
    } else if (this.#parts.length === 0) {
      return; // its beginning is missing
    }
    this.#parts.push(part.data);
    this.#partBytes += part.data.length;
    if (timestamp !== this.#timestamp || this.#partBytes > maxFrameBytes) return this.#skip(0); // the end of the frame is missing
    if (marker) this.#complete(timestamp);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    void this.#writer.close().catch(() => undefined); // it may be closed, because the track has ended
  }

  /** Packets are missing: nothing makes sense before the next key frame. */
  #skip(packets: number): void {
    this.lost += packets;
    this.#number++;
    this.#drop();
    this.#requestKey();
  }

  #drop(): void {
    this.#parts = [];
    this.#partBytes = 0;
  }

  #await(): void {
    this.#needsKey = true;
    this.#requestKey();
  }

  #requestKey(): void {
    const now = this.#now();
    if (now - this.#requestedAt < requestMs) return;
    this.#requestedAt = now;
    this.requests++;
    this.#requestKeyFrame();
  }

  #complete(timestamp: number): void {
    const encoded = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    this.#parts.reduce((at, part) => (encoded.set(part, at), at + part.length), 0);
    this.#drop();
    this.#pass({ data: encoded.buffer, timestamp, number: this.#number++ });
  }

  /** Shows a frame. When one before it is missing, nothing makes sense before the next key frame. */
  play({ data, timestamp, number }: ReceivedPicture): void {
    if (this.#isClosed) return;
    const isKey = isVp8Key(new Uint8Array(data));
    this.#needsKey ||= number !== this.#following;
    this.#following = number + 1;
    if ((this.#needsKey && !isKey) || !this.#renewDecoder()) return this.#await();
    if (!isKey && this.#decoder.decodeQueueSize > maxQueued) return this.#await();
    this.#needsKey = false;
    this.keyFrames += isKey ? 1 : 0;
    try {
      this.#decoder.decode(new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp: Math.round(this.#times.unwrap(timestamp) * 1000 / 90), data }));
    } catch {
      this.#await(); // it begins like a key frame, and is none
    }
  }

  #createDecoder(): VideoDecoder {
    const decoder = new VideoDecoder({ output: picture => this.#show(picture), error: () => { this.#needsKey = true; } });
    decoder.configure({ codec: 'vp8', optimizeForLatency: true });
    return decoder;
  }

  /** A frame that is none closes the decoder, and the slot may be somebody else's next. Returns whether there is a decoder. */
  #renewDecoder(): boolean {
    if (this.#decoder.state === 'configured') return true;
    const now = this.#now();
    if (now - this.#renewedAt < renewMs) return false;
    this.#renewedAt = now;
    this.#decoder = this.#createDecoder();
    return true;
  }

  #show(picture: VideoFrame): void {
    const now = this.#now();
    this.decoded++;
    this.width = picture.displayWidth;
    this.height = picture.displayHeight;
    if (now - this.#shownAt > freezeMs && this.#shownAt > -Infinity) {
      this.freezes++;
      this.freezeSeconds += (now - this.#shownAt) / 1000;
    }
    this.#shownAt = now;
    void this.#writer.write(picture).catch(() => picture.close());
  }
}
