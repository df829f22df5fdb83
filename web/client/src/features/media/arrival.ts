/** Below this level (-50 dBov), a media node takes sound for background noise too. */
const quiet = 0.003;

/** Watches whether packets arrive at receivers from a moment on. */
export class Arrival {
  readonly #before = new Map<RTCRtpReceiver, number>();
  readonly #arrived = new Set<RTCRtpReceiver>();
  readonly #noticeable = new Set<RTCRtpReceiver>();
  readonly #ignoresQuiet: boolean;

  /** @param ignoresQuiet Whether nobody notices the end of a microphone that is quiet. */
  constructor(ignoresQuiet = false) {
    this.#ignoresQuiet = ignoresQuiet;
  }

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

  /** True once a packet has arrived and the end of the source would be noticed: of a picture, or of sound that was not quiet all the time. */
  isNoticeable(receiver: RTCRtpReceiver | undefined): boolean {
    if (receiver === undefined || !this.#ignoresQuiet) return this.has(receiver);
    const level = receiver.getSynchronizationSources()[0]?.audioLevel ?? 1;
    if (level >= quiet) this.#noticeable.add(receiver);
    return this.has(receiver) && this.#noticeable.has(receiver);
  }
}

/** One source on the path that carries it and on the one that is to take over. */
export interface TwoPaths {
  readonly old: RTCRtpReceiver | undefined;
  readonly next: RTCRtpReceiver | undefined;
}

/** A source that is silent on both paths for this time is not waited for. */
export const silentAfterMs = 1_000;

/** Whether everything that flows on the old path, and whose end would be noticed, flows on the next one. */
export function canTakeOver(paths: readonly TwoPaths[], arrival: Arrival, elapsedMs: number): boolean {
  // Each receiver is asked, because the first question starts to watch it.
  return paths.map(({ old, next }) => ({ old: arrival.isNoticeable(old), next: arrival.has(next) })).every(({ old, next }) => next || (!old && elapsedMs >= silentAfterMs));
}
