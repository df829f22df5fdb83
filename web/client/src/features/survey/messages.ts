/** The part of `joined` that this feature reads. */
export interface JoinedSurvey {
  readonly survey?: boolean;
}
