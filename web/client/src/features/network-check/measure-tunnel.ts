export interface MeasuredTunnel {
  /** The time until the WebSocket was open. */
  readonly connectMs: number;
  /** The time from a message to its acknowledgement: the median of some. */
  readonly rttMs: number;
}

/** What a tunnel carries, in bits per second. */
export interface TunnelBandwidth {
  readonly sendBitrate: number;
  readonly receiveBitrate: number;
}

/** About a packet of a picture. */
const messageBytes = 1_200;
const rounds = 5;

/** Sends messages one after the other on a WebSocket that was just made, and waits for their acknowledgements. Null when it does not open, or does not pass them on, within `limitMs`. Closes it. */
export function measureTunnel(socket: WebSocket, now: () => number, limitMs: number, signal: AbortSignal): Promise<MeasuredTunnel | null> {
  const startedAt = now();
  const times: number[] = [];
  let connectMs = 0;
  let sentAt = 0;
  return measureOn(socket, signal, ({ done, limit }) => {
    limit(limitMs, () => done(null));
    const send = () => {
      sentAt = now();
      socket.send(new Uint8Array(messageBytes));
    };
    socket.onopen = () => {
      connectMs = Math.round(now() - startedAt);
      send();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== String((times.length + 1) * messageBytes)) return;
      times.push(now() - sentAt);
      if (times.length < rounds) return send();
      const median = times.sort((one, other) => one - other)[Math.floor(rounds / 2)]!;
      done({ connectMs, rttMs: Math.round(median) });
    };
  });
}

interface Measurement<Result> {
  /** Ends the measurement; null when there is no result. */
  done(result: Result | null): void;
  /** Acts after this time, instead of what was to happen before. */
  limit(ms: number, act: () => void): void;
}

/** Runs a measurement, which sets the handlers of the WebSocket. It ends without a result when the WebSocket closes, and with the reason of `signal`. Closes the WebSocket. */
function measureOn<Result>(socket: WebSocket, signal: AbortSignal, begin: (measurement: Measurement<Result>) => void): Promise<Result | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      settle();
    };
    const aborted = () => end(() => reject(signal.reason));
    const done = (result: Result | null) => end(() => resolve(result));
    const limit = (ms: number, act: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(act, ms);
    };
    socket.onclose = () => done(null);
    begin({ done, limit });
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}

const pieceBytes = 4_096;
/** What waits for acknowledgements, so that a slow line is free again soon after the measurement. */
const windowBytes = 64 * 1_024;
const directionBytes = 512 * 1_024;
const directionMs = 2_000;
/** What a server reads from one participant, so that a call gets no more either. */
export const maxTunnelBitrate = 4_000_000;

/**
 * Sends for up to two seconds on a WebSocket that was just made, and then receives for up to two seconds. Rejects with the reason of `signal`; null when the WebSocket does not open within `limitMs`, or
 * closes. Closes it.
 */
export function measureTunnelBandwidth(socket: WebSocket, now: () => number, limitMs: number, signal: AbortSignal): Promise<TunnelBandwidth | null> {
  let [sent, received, sendBitrate] = [0, 0, 0];
  let arrivals = new Arrivals(0);
  let isReceiving = false;
  return measureOn(socket, signal, ({ done, limit }) => {
    limit(limitMs, () => done(null));
    const send = () => {
      for (; sent < directionBytes && sent - arrivals.bytes < windowBytes; sent += pieceBytes) socket.send(new Uint8Array(pieceBytes));
    };
    const finish = () => done({ sendBitrate, receiveBitrate: arrivals.bitrate(now()) });
    const receive = () => {
      sendBitrate = arrivals.bitrate(now());
      [arrivals, isReceiving] = [new Arrivals(now()), true];
      limit(directionMs, finish);
      socket.send('receive');
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      arrivals = new Arrivals(now());
      limit(directionMs, receive);
      send();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isReceiving && data instanceof ArrayBuffer) {
        received += data.byteLength;
        arrivals.add(received, now());
        socket.send(String(received));
        if (received >= directionBytes) finish();
      } else if (!isReceiving && typeof data === 'string') {
        arrivals.add(Number(data), now());
        if (arrivals.bytes >= directionBytes) receive();
        else send();
      }
    };
  });
}

/** How fast the total number of bytes grows. What arrives first only shows how long the line is. */
class Arrivals {
  readonly #startedAt: number;
  #first: { readonly bytes: number; readonly at: number } | null = null;
  bytes = 0;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  add(total: number, at: number): void {
    if (!Number.isFinite(total) || total <= this.bytes) return;
    this.bytes = total;
    this.#first ??= { bytes: total, at };
  }

  /** In bits per second, until now. */
  bitrate(now: number): number {
    const { bytes, at } = this.#first !== null && this.#first.bytes < this.bytes ? this.#first : { bytes: 0, at: this.#startedAt };
    return Math.min(maxTunnelBitrate, Math.round(((this.bytes - bytes) * 8_000) / Math.max(1, now - at)));
  }
}
