/** A change of the media node, or the loss of a session on it. */
export interface MediaMove {
  /** When it began, in milliseconds as of `performance.now()`. */
  readonly at: number;
  /** `leaving`: the node was to be left, and both connections were opened elsewhere beside the present ones. `moved`: the meeting is on another node. `lost`: the node lost a session. */
  readonly reason: 'leaving' | 'moved' | 'lost';
  /** How long it took until both connections were replaced, in milliseconds; null until then. */
  readonly durationMs: number | null;
}

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
