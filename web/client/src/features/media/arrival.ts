/** Watches whether packets arrive at receivers from a moment on. */
export class Arrival {
  readonly #before = new Map<RTCRtpReceiver, number>();
  readonly #arrived = new Set<RTCRtpReceiver>();

  /** True once a packet has arrived after the first call for this receiver. */
  has(receiver: RTCRtpReceiver | undefined): boolean {
    if (receiver === undefined) return false;
    if (this.#arrived.has(receiver)) return true;
    const latest = receiver.getSynchronizationSources()[0]?.timestamp ?? 0;
    const before = this.#before.get(receiver);
    if (before === undefined) this.#before.set(receiver, latest);
    else if (latest > before) this.#arrived.add(receiver);
    return this.#arrived.has(receiver);
  }
}

/** One source on the path that carries it and on the one that is to take over. */
export interface TwoPaths {
  readonly old: RTCRtpReceiver | undefined;
  readonly next: RTCRtpReceiver | undefined;
}

/** A source that is silent on both paths for this time is not waited for. */
export const silentAfterMs = 1_000;

/** Whether everything that flows on the old path flows on the next one. */
export function canTakeOver(paths: readonly TwoPaths[], arrival: Arrival, elapsedMs: number): boolean {
  // Each receiver is asked, because the first question starts to watch it.
  return paths.map(({ old, next }) => ({ old: arrival.has(old), next: arrival.has(next) })).every(({ old, next }) => next || (!old && elapsedMs >= silentAfterMs));
}
