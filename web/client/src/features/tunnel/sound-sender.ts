import type { EncodedFrame } from './frame-path.js';
import { readFrames } from './media-streams.js';
import { writeRtp } from './rtp.js';
import { levelId, opusType } from './sdp.js';

const bitsPerSecond = 32_000;

/** The level of sound as RFC 6464 has it: 0 is the loudest, 127 silence. */
export function levelOf(samples: Float32Array): number {
  const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return mean === 0 ? 127 : Math.min(127, Math.max(0, Math.round(-10 * Math.log10(mean))));
}

export interface SentSound extends EncodedFrame {
  readonly rtpTime: number;
  readonly level: number;
}

/** Encodes the sound of a track and sends it in packets. */
export class SoundSender {
  readonly #ssrc: number;
  readonly #pass: (frame: SentSound) => void;
  readonly #send: (packet: Uint8Array) => void;
  #reader: ReadableStreamDefaultReader<VideoFrame | AudioData> | null = null;
  #encoder: AudioEncoder | null = null;
  #sequence = Math.floor(Math.random() * 20_000);
  #level = 127;
  isActive = true;
  packets = 0;
  bytes = 0;
  rtpTime = 0;

  /** @param pass Gets each encoded frame, and gives it to `send` when it may be sent. */
  constructor(ssrc: number, pass: (frame: SentSound) => void, send: (packet: Uint8Array) => void) {
    this.#ssrc = ssrc;
    this.#pass = pass;
    this.#send = send;
  }

  start(track: MediaStreamTrack): void {
    this.stop();
    const reader = readFrames(track);
    this.#reader = reader;
    void this.#read(reader).catch(() => undefined);
  }

  stop(): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close();
    this.#encoder = null;
  }

  async #read(reader: ReadableStreamDefaultReader<VideoFrame | AudioData>): Promise<void> {
    let channels = 0;
    while (reader === this.#reader) {
      const { value, done } = await reader.read();
      if (done || value === undefined) return;
      const sound = value as AudioData;
      if (reader !== this.#reader) return sound.close();
      if (sound.numberOfChannels !== channels || this.#encoder?.state !== 'configured') {
        channels = sound.numberOfChannels;
        this.#configure(sound);
      }
      const samples = new Float32Array(sound.numberOfFrames);
      sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      this.#level = levelOf(samples);
      if (this.isActive && this.#encoder?.state === 'configured') this.#encoder.encode(sound);
      sound.close();
    }
  }

  #configure({ numberOfChannels, sampleRate }: AudioData): void {
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close();
    const encoder = new AudioEncoder({ output: chunk => this.#output(chunk), error: () => undefined });
    encoder.configure({ codec: 'opus', sampleRate, numberOfChannels, bitrate: bitsPerSecond * numberOfChannels });
    this.#encoder = encoder;
  }

  #output(chunk: EncodedAudioChunk): void {
    const data = new ArrayBuffer(chunk.byteLength);
    chunk.copyTo(data);
    this.#pass({ data, rtpTime: Math.round(chunk.timestamp * 48 / 1000) >>> 0, level: this.#level });
  }

  /** Sends an encoded frame. */
  send({ data, rtpTime, level }: SentSound): void {
    const payload = new Uint8Array(data);
    this.rtpTime = rtpTime;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.packets++;
    this.bytes += payload.length;
    this.#send(writeRtp({ payloadType: opusType, marker: false, sequence: this.#sequence, timestamp: rtpTime, ssrc: this.#ssrc, extension: { id: levelId, value: Uint8Array.of(level) } }, payload));
  }
}
