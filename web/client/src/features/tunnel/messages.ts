/** The part of `joined` that is read here: whether media may pass through signaling when no other path works. */
export interface JoinedTunnel {
  readonly tunnel?: boolean;
}
