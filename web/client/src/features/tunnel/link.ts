import { frame, FrameReader } from './framing.js';
import { TunnelWindow } from './window.js';

export interface LinkEvents {
  onOpen(): void;
  onPacket(packet: Uint8Array): void;
  onClosed(): void;
  /** Video that waited too long was dropped: nothing of the stream makes sense before its next key frame. */
  onDropped(): void;
}

/** Video that waits longer is dropped. */
const maxVideoMs = 200;
/** A key frame may wait longer: without a whole one there is no picture, and the next one would not be smaller. No more pictures are made meanwhile. The media node waits as long. */
const maxKeyFrameMs = 1_500;
/** Sound that waits longer is dropped, the oldest first: nobody wants to hear it any more. */
const maxSoundMs = 400;
/** What has arrived is acknowledged after so many bytes, or so much later. */
const acknowledgeBytes = 16 * 1024;
const acknowledgeMs = 20;

interface Waiting {
  readonly packet: Uint8Array;
  readonly at: number;
}

interface WaitingVideo {
  readonly packet: Uint8Array;
  readonly isKey: boolean;
  until: number;
}

/** The WebSocket of one tunnel. Sound and reports overtake video. What waits for the line is bounded in time. */
export class TunnelLink {
  readonly #socket: WebSocket;
  readonly #events: LinkEvents;
  readonly #now: () => number;
  readonly #window = new TunnelWindow();
  readonly #reader = new FrameReader();
  #urgent: Waiting[] = [];
  #video: WaitingVideo[] = [];
  #received = 0;
  #acknowledged = 0;
  /** When what is not acknowledged yet began to arrive. */
  #arrivedAt = 0;
  #acknowledging: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Reports sent, to each of which the other end has to answer with an acknowledgement, and the acknowledgements that have arrived. */
  reports = 0;
  acknowledgements = 0;
  bytesSent = 0;
  bytesReceived = 0;

  constructor(socket: WebSocket, now: () => number, events: LinkEvents) {
    this.#socket = socket;
    this.#now = now;
    this.#events = events;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.onOpen();
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#handle(data);
    socket.onclose = () => this.#end();
  }

  get roundTripMs(): number | null {
    return this.#window.roundTripMs;
  }

  /** What the line takes, in bits per second, as far as it was used. */
  get bitsPerSecond(): number {
    return this.#window.bitsPerSecond;
  }

  /** Whether video waits. */
  get isBusy(): boolean {
    return this.#video.length > 0;
  }

  sendUrgent(packet: Uint8Array): void {
    this.#urgent.push({ packet, at: this.#now() });
    this.#flush();
  }

  /** Sends the packets of one frame, each for itself, so that sound can overtake the rest of it. */
  sendVideo(packets: readonly Uint8Array[], isKey: boolean): void {
    const until = this.#now() + (isKey ? maxKeyFrameMs : maxVideoMs);
    this.#video.push(...packets.map(packet => ({ packet, isKey, until })));
    this.#flush();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#acknowledging);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  #handle(data: unknown): void {
    const now = this.#now();
    if (typeof data === 'string') {
      this.acknowledgements++;
      this.#window.onAcknowledged(Number(data), now);
      return this.#flush();
    }
    if (!(data instanceof ArrayBuffer)) return;
    if (this.#acknowledged === this.#received) this.#arrivedAt = now;
    this.#received += data.byteLength;
    this.bytesReceived += data.byteLength;
    // Timers of hidden pages are late, arrivals are not.
    if (this.#received - this.#acknowledged >= acknowledgeBytes || now - this.#arrivedAt >= acknowledgeMs) this.#acknowledge();
    else this.#acknowledging ??= setTimeout(() => this.#acknowledge(), acknowledgeMs);
    const packets = this.#reader.read(new Uint8Array(data));
    if (packets === null) return this.#end();
    for (const packet of packets) this.#events.onPacket(packet);
  }

  #acknowledge(): void {
    clearTimeout(this.#acknowledging);
    this.#acknowledging = undefined;
    if (this.#socket.readyState !== 1 || this.#acknowledged === this.#received) return;
    this.#acknowledged = this.#received;
    this.#socket.send(`${this.#received}`);
  }

  #flush(): void {
    if (this.#isClosed || this.#socket.readyState !== 1) return;
    const now = this.#now();
    while (this.#urgent.length > 0 && now - this.#urgent[0]!.at > maxSoundMs) this.#urgent.shift();
    if (this.#video.length > 0 && now > this.#video[0]!.until) {
      this.#video = [];
      this.#events.onDropped();
    }
    while (this.#window.free > 0) {
      const next = this.#urgent.shift() ?? this.#takeVideo(now);
      if (next === undefined) return;
      const framed = frame([next.packet]);
      this.#window.onSent(framed.length, now);
      this.bytesSent += framed.length;
      this.#socket.send(framed);
    }
  }

  #takeVideo(now: number): WaitingVideo | undefined {
    const next = this.#video.shift();
    // What was made while a key frame was on its way is not late because of it.
    if (next?.isKey === true && this.#video[0]?.isKey === false) for (const one of this.#video) one.until = Math.max(one.until, now + maxVideoMs);
    return next;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#events.onClosed();
  }
}
