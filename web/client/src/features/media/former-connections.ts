/** How long a connection is kept whose successor has not connected. */
const keepMs = 5_000;
/** How long a connection is kept whose successor is connected and does not send every track, because a camera delivers no frames, for example. */
const handoverMs = 2_000;
const pollMs = 50;

/** Connections that a newer one replaces. They go on sending until media flows on the newer one, so that nothing is missing in between. */
export class FormerConnections {
  readonly #connections = new Set<RTCPeerConnection>();
  readonly #close: (connection: RTCPeerConnection) => void;
  #limit: ReturnType<typeof setTimeout> | undefined;

  /** @param close Ends a connection. */
  constructor(close: (connection: RTCPeerConnection) => void) {
    this.#close = close;
  }

  add(connection: RTCPeerConnection): void {
    this.#connections.add(connection);
    this.#endAfter(keepMs);
  }

  /** Ends them when `next`, which is connected, has sent packets of all its tracks. */
  async handOver(next: RTCPeerConnection): Promise<void> {
    const handed = [...this.#connections];
    if (!handed.some(isUp)) return this.end();
    this.#endAfter(handoverMs);
    while (handed.some(connection => this.#connections.has(connection)) && isUp(next)) {
      if (await hasSentAll(next)) return this.end();
      await new Promise(resolve => setTimeout(resolve, pollMs));
    }
  }

  /** Sends `after` wherever `before` is sent: what ends or changes does so on all connections. */
  replace(before: MediaStreamTrack | null, after: MediaStreamTrack | null): void {
    if (before === null) return;
    for (const connection of this.#connections) {
      for (const sender of connection.getSenders()) if (sender.track === before) void sender.replaceTrack(after).catch(() => undefined); // a closed connection sends nothing
    }
  }

  end(): void {
    clearTimeout(this.#limit);
    for (const connection of this.#connections) this.#close(connection);
    this.#connections.clear();
  }

  #endAfter(milliseconds: number): void {
    clearTimeout(this.#limit);
    this.#limit = setTimeout(() => this.end(), milliseconds);
  }
}

/** A connection that ICE reports as interrupted may recover. */
const isUp = ({ connectionState }: RTCPeerConnection): boolean => connectionState === 'connected' || connectionState === 'disconnected';

async function hasSentAll(connection: RTCPeerConnection): Promise<boolean> {
  const senders = connection.getSenders().filter(isSending);
  return (await Promise.all(senders.map(hasSent))).every(sent => sent);
}

/** Whether the sender has something to send. A camera whose layers nobody asks for sends nothing. */
function isSending(sender: RTCRtpSender): boolean {
  const { encodings } = sender.getParameters();
  return sender.track?.readyState === 'live' && (encodings.length === 0 || encodings.some(({ active }) => active !== false));
}

async function hasSent(sender: RTCRtpSender): Promise<boolean> {
  const reports: RTCStatsReport = await sender.getStats();
  return [...reports.values()].some((report: { type: string; packetsSent?: number }) => report.type === 'outbound-rtp' && (report.packetsSent ?? 0) > 0);
}
