/** How long a connection is kept whose successor has not connected: until the next one is connected, if the first one was given up (`ConnectTime`). */
const keepMs = 10_000;
/** How long a connection is kept whose successor is connected and does not send every track, because a camera delivers no frames, for example. */
const handoverMs = 2_000;
/** How long a connection is kept during a move after its successor has sent every track: its packets reach the other participants through one more media node. */
const moveLingerMs = 1_000;
const pollMs = 50;

interface Former {
  readonly timer: ReturnType<typeof setTimeout>;
  /** The successor is on another media node, which is joined to this one. */
  readonly isMove: boolean;
}

/** Connections that a newer one replaces. They go on sending until media flows on the newer one, so that nothing is missing in between. */
export class FormerConnections {
  readonly #limits = new Map<RTCPeerConnection, Former>();
  readonly #close: (connection: RTCPeerConnection) => void;

  /** @param close Ends a connection. */
  constructor(close: (connection: RTCPeerConnection) => void) {
    this.#close = close;
  }

  /** Keeps a connection. `moveMs` is the time that a move has left, or 0 if the newer connection is for the same media node: then the connection is kept for 10 s at most. */
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
    clearTimeout(this.#limits.get(connection)?.timer);
    this.#limits.set(connection, { timer: setTimeout(() => this.#end(connection), milliseconds), isMove });
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
