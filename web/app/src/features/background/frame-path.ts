/** Where the frames of a camera come from, and where the changed ones go. A worker can have both streams. */
export interface FramePath {
  readonly frames: ReadableStream<VideoFrame>;
  readonly changed: WritableStream<VideoFrame>;
  /** Carries what is written to `changed`, and nothing else. */
  readonly track: MediaStreamTrack;
  /** Ends the track. The camera goes on. */
  stop(): void;
}
