export type Phase = 'connecting' | 'connected' | 'reconnecting' | 'ended' | 'removed' | 'left' | 'failed';

export interface ConnectionStatus {
  readonly phase: Phase;
  /** When the phase began, in milliseconds as of `performance.now()`. */
  readonly since: number;
  /** What the client waits for while `connecting` or `reconnecting`. */
  readonly waitingFor?: 'signaling' | 'media' | 'network';
  readonly code?: string;
  readonly reason?: string;
}

export type NewStatus = Omit<ConnectionStatus, 'since'>;

const finalPhases: ReadonlySet<Phase> = new Set(['ended', 'removed', 'left', 'failed']);

/** Whether the participant is no longer in the meeting, for good. */
export const isFinal = (phase: Phase): boolean => finalPhases.has(phase);
