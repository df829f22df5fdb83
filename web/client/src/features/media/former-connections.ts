/** How long a connection is kept whose successor has not connected: longer than the first limit of `ConnectTime`. */
const keepMs = 10_000;
/** The same when a successor is lost: longer than the first two limits of `ConnectTime` and a back-off, so that a second successor can connect. */
const longestKeepMs = 20_000;
/** How long a connection is kept whose successor is connected and does not send every track, because a camera delivers no frames, for example. */
const handoverMs = 2_000;
/** How long a connection is kept during a move after its successor has sent every track: its packets reach the other participants through one more media node. */
const moveLingerMs = 1_000;
const pollMs = 50;

interface Former {
  readonly timer: ReturnType<typeof setTimeout>;
  /** Since when it is kept, and until when, as of `Environment.monotonicNow`. */
  readonly since: number;
  readonly until: number;
  /** The successor is on another media node, which is joined to this one. */
  readonly isMove: boolean;
}

/** Connections that a newer one replaces. They go on sending until media flows on the newer one, so that nothing is missing in between. */
export class FormerConnections {
  readonly #limits = new Map<RTCPeerConnection, Former>();
  readonly #close: (connection: RTCPeerConnection) => void;
  readonly #now: () => number;

  /** @param close Ends a connection. */
  constructor(close: (connection: RTCPeerConnection) => void, now: () => number) {
    this.#close = close;
    this.#now = now;
  }

  /**
   * Keeps a connection. `moveMs` is the time that a move has left, or 0 if the newer connection is for the same media node: then the connection is kept for 10 s at most, or
   * 20 s if a newer one is lost.
   */
  add(connection: RTCPeerConnection, moveMs = 0): void {
    this.#endAfter(connection, Math.max(keepMs, moveMs), moveMs > 0);
  }

  /** Ends those that are kept now when `next`, which is connected, has sent packets of all its tracks. Does nothing more once `next` is replaced too. */
  async handOver(next: RTCPeerConnection): Promise<void> {
    const handed = [...this.#limits.keys()];
    if (handed.some(isUp)) {
      for (const connection of handed) if (!this.#limits.get(connection)!.isMove) this.#endAfter(connection, handoverMs, false);
      while (!await hasSentAll(next)) {
        await new Promise(resolve => setTimeout(resolve, pollMs));
        if (this.#limits.has(next) || !isUp(next) || !handed.some(connection => this.#limits.has(connection))) return;
      }
      if (this.#limits.has(next)) return;
    }
    for (const connection of handed) {
      if (this.#limits.get(connection)?.isMove && isUp(connection)) this.#endAfter(connection, moveLingerMs, true);
      else this.#end(connection);
    }
  }

  /** A newer connection is lost. Those that are kept go on for longer. */
  extend(): void {
    for (const [connection, { since, until, isMove }] of this.#limits) this.#endAfter(connection, Math.max(until, since + longestKeepMs) - this.#now(), isMove);
  }

  /** Those that are kept. */
  get kept(): readonly RTCPeerConnection[] {
    return [...this.#limits.keys()];
  }

  end(): void {
    for (const connection of [...this.#limits.keys()]) this.#end(connection);
  }

  #end(connection: RTCPeerConnection): void {
    if (!this.#limits.has(connection)) return;
    clearTimeout(this.#limits.get(connection)?.timer);
    this.#limits.delete(connection);
    this.#close(connection);
  }

  #endAfter(connection: RTCPeerConnection, milliseconds: number, isMove: boolean): void {
    const now = this.#now();
    const former = this.#limits.get(connection);
    clearTimeout(former?.timer);
    this.#limits.set(connection, { timer: setTimeout(() => this.#end(connection), milliseconds), since: former?.since ?? now, until: now + milliseconds, isMove });
  }
}

/** A connection that ICE reports as interrupted may recover. */
export const isUp = ({ connectionState }: RTCPeerConnection): boolean => connectionState === 'connected' || connectionState === 'disconnected';

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
  const reports = await sender.getStats().catch(() => null); // a closed connection has none
  return [...(reports?.values() ?? [])].some((report: { type: string; packetsSent?: number }) => report.type === 'outbound-rtp' && (report.packetsSent ?? 0) > 0);
}
