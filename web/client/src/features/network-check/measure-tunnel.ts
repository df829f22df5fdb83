export interface MeasuredTunnel {
  /** The time until the WebSocket was open. */
  readonly connectMs: number;
  /** The time from a message to its acknowledgement: the median of some. */
  readonly rttMs: number;
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
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      settle();
    };
    const aborted = () => end(() => reject(signal.reason));
    const timer = setTimeout(() => end(() => resolve(null)), limitMs);
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
      end(() => resolve({ connectMs, rttMs: Math.round(median) }));
    };
    socket.onclose = () => end(() => resolve(null));
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}
