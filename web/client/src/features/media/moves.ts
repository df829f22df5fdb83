/** A change of the media node, or the loss of a session on it. */
export interface MediaMove {
  /** When it began, in milliseconds as of `performance.now()`. */
  readonly at: number;
  /**
   * With all but the last two, both connections were opened on another node beside the present ones. `leaving`: the meeting leaves the node, also when an older server does not say why.
   * `region`: the meeting has a node in the region of this participant. `standby`: the node seems to have failed, and the standby takes its place. `unreachable`: the same with another node of
   * the meeting. `returned`: the standby is no longer needed. `moved`: the meeting is on another node. `lost`: the node lost a session.
   */
  readonly reason: 'leaving' | 'region' | 'standby' | 'unreachable' | 'returned' | 'moved' | 'lost';
  /** How long it took until both connections were replaced, in milliseconds; null until then. */
  readonly durationMs: number | null;
}

const toldReasons = ['leaving', 'region', 'standby', 'unreachable', 'returned'] as const;

/** The reason in a `media-move` of the server; `leaving` if it gives none, or one that only a later version knows. */
export const moveReason = (told: unknown): MediaMove['reason'] => toldReasons.find(reason => reason === told) ?? 'leaving';

/** How many are remembered. */
const maxMoves = 20;

/** Remembers the moves of this client, oldest first. */
export class MoveLog {
  #moves: readonly MediaMove[] = [];
  readonly #now: () => number;
  readonly #onChange: (moves: readonly MediaMove[]) => void;

  constructor(now: () => number, onChange: (moves: readonly MediaMove[]) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  begin(reason: MediaMove['reason']): void {
    this.#set([...this.#moves, { at: this.#now(), reason, durationMs: null }].slice(-maxMoves));
  }

  /** Both connections have been replaced, so everything that began is done. */
  finish(): void {
    if (this.#moves.every(({ durationMs }) => durationMs !== null)) return;
    this.#set(this.#moves.map(move => (move.durationMs === null ? { ...move, durationMs: Math.round(this.#now() - move.at) } : move)));
  }

  #set(moves: readonly MediaMove[]): void {
    this.#moves = moves;
    this.#onChange(moves);
  }
}
