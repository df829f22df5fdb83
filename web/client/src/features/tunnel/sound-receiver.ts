import type { EncodedFrame } from './frame-path.js';
import { generateTrack, type GeneratedTrack } from './media-streams.js';
import { PlayoutClock } from './playout.js';
import { Unwrapper } from './rtcp.js';
import type { RtpPacket } from './rtp.js';

const packetMs = 20;
/** A longer pause is silence, which its sender has left out. */
const longestGapMs = 200;
/** A decoder that has failed is replaced no more often: whoever sends nonsense goes on with it. */
const renewMs = 1_000;
/** More packets are not held: no sound is that late. */
const maxHeld = 100;

export interface ReceivedSound extends EncodedFrame {
  /** When it was captured, by the clock of its sender. */
  readonly mediaMs: number;
  /** When to play it. */
  readonly at: number;
}

/** Decodes and plays the sound of one section. */
export class SoundReceiver {
  readonly track: GeneratedTrack = generateTrack('audio');
  readonly #writer = this.track.writable.getWriter();
  readonly #now: () => number;
  readonly #pass: (frame: ReceivedSound) => void;
  readonly #clock = new PlayoutClock();
  #decoder: AudioDecoder;
  #renewedAt = -Infinity;
  readonly #times = new Unwrapper(32);
  /** In the order in which they are played. */
  readonly #held: { readonly at: number; readonly mediaMs: number; readonly chunk: EncodedAudioChunk }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastPlayedMs = -Infinity;
  #isClosed = false;
  packets = 0;
  bytes = 0;
  lost = 0;
  #lastSequence = -1;
  samples = 0;
  concealed = 0;
  energy = 0;
  seconds = 0;
  level = 0;
  /** When the last packet arrived, and its RTP time. */
  last: { readonly at: number; readonly rtpTimestamp: number } | null = null;

  /** @param pass Gets each frame that has arrived, and gives it to `play` when it may be played. */
  constructor(now: () => number, pass: (frame: ReceivedSound) => void) {
    this.#now = now;
    this.#pass = pass;
    this.#decoder = this.#createDecoder();
  }

  get delayMs(): number {
    return this.#clock.delayMs;
  }

  receive({ sequence, timestamp, payload }: RtpPacket): void {
    if (this.#isClosed || payload.length === 0) return;
    const now = this.#now();
    this.packets++;
    this.bytes += payload.length;
    if (this.#lastSequence >= 0) this.lost += Math.min(100, ((sequence - this.#lastSequence - 1) & 0xffff) % 0x8000);
    this.#lastSequence = sequence;
    this.last = { at: now, rtpTimestamp: timestamp };
    const mediaMs = this.#times.unwrap(timestamp) / 48;
    this.#pass({ data: Uint8Array.from(payload).buffer, mediaMs, at: this.#clock.schedule(mediaMs, now) });
    this.#playDue();
  }

  /** Plays a frame at its time. */
  play({ data, mediaMs, at }: ReceivedSound): void {
    if (this.#isClosed || this.#held.length >= maxHeld) return;
    this.#held.push({ at, mediaMs, chunk: new EncodedAudioChunk({ type: 'key', timestamp: Math.round(mediaMs * 1000), data }) });
    this.#playDue();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    void this.#writer.close().catch(() => undefined); // it may be closed, because the track has ended
  }

  /** Plays what is due. It runs with each arrival too, because timers of hidden pages are late. */
  #playDue(): void {
    const now = this.#now();
    while (this.#held[0] !== undefined && this.#held[0].at <= now) {
      const { mediaMs, chunk } = this.#held.shift()!;
      this.#count(mediaMs);
      if (this.#renewDecoder()) this.#decoder.decode(chunk);
    }
    clearTimeout(this.#timer);
    if (this.#held[0] !== undefined) this.#timer = setTimeout(() => this.#playDue(), this.#held[0].at - now);
  }

  #createDecoder(): AudioDecoder {
    const decoder = new AudioDecoder({ output: data => this.#play(data), error: () => undefined });
    decoder.configure({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 });
    return decoder;
  }

  /** A packet that is none closes the decoder, and the slot may be somebody else's next. Returns whether there is a decoder. */
  #renewDecoder(): boolean {
    if (this.#decoder.state === 'configured') return true;
    const now = this.#now();
    if (now - this.#renewedAt < renewMs) return false;
    this.#renewedAt = now;
    this.#decoder = this.#createDecoder();
    return true;
  }

  /** Counts what was missing when this packet was played. */
  #count(mediaMs: number): void {
    const gap = mediaMs - this.#lastPlayedMs - packetMs;
    const missing = gap > 0 && gap < longestGapMs ? gap : 0;
    this.samples += 48 * (packetMs + missing);
    this.concealed += 48 * missing;
    this.seconds += (packetMs + missing) / 1000;
    this.#lastPlayedMs = mediaMs;
  }

  #play(data: AudioData): void {
    const plane = new Float32Array(data.numberOfFrames);
    data.copyTo(plane, { planeIndex: 0, format: 'f32-planar' });
    const mean = plane.reduce((sum, sample) => sum + sample * sample, 0) / plane.length;
    this.level = Math.sqrt(mean);
    this.energy += mean * data.duration / 1e6;
    void this.#writer.write(data).catch(() => data.close());
  }
}
