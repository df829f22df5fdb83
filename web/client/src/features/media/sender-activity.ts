/** A change fails while a negotiation changes the parameters, which takes milliseconds. */
const retryMs = 50;
const maxAttempts = 40;

interface Activity {
  wanted: boolean;
  attempts: number;
  isRunning: boolean;
}

/**
 * Starts and stops senders without a negotiation, each until it is in the state that was asked for last. The track stays: without one, browsers stop counting its time, and
 * others hear what follows up to a second late. Where the browser cannot stop sound (Firefox), the silence of the disabled track is sent.
 */
export class SenderActivity {
  readonly #activities = new WeakMap<RTCRtpSender, Activity>();

  set(sender: RTCRtpSender, isActive: boolean): void {
    const activity = this.#activities.get(sender) ?? { wanted: isActive, attempts: 0, isRunning: false };
    this.#activities.set(sender, activity);
    Object.assign(activity, { wanted: isActive, attempts: 0 } satisfies Partial<Activity>);
    if (!activity.isRunning) void this.#apply(sender, activity);
  }

  /** One change at a time: a second one of the same sender would fail. */
  async #apply(sender: RTCRtpSender, activity: Activity): Promise<void> {
    activity.isRunning = true;
    while (sender.transport?.state !== 'closed' && activity.attempts++ < maxAttempts) {
      const parameters = sender.getParameters();
      const changed = parameters.encodings.filter(({ active }) => (active ?? true) !== activity.wanted);
      if (changed.length === 0) break;
      for (const encoding of changed) encoding.active = activity.wanted;
      await sender.setParameters(parameters).catch(() => new Promise(resolve => setTimeout(resolve, retryMs)));
    }
    activity.isRunning = false;
  }
}
