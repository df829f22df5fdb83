/** The quality of what is received from one participant. `paused`: the line cannot take the picture, so the server does not send it. */
export type TrackQuality = 'good' | 'weak' | 'poor' | 'paused';

export interface QualityInput {
  readonly paused: boolean;
  /** A picture is expected and nothing arrives. */
  readonly silent: boolean;
  readonly rttMs: number | null;
  /** From 0 to 1, as the fractions below. */
  readonly lossFraction: number;
  readonly jitterMs: number;
  /** The part of the time in which the picture stood still. */
  readonly frozenFraction: number;
  /** The part of the sound that the browser had to make up. */
  readonly concealedFraction: number;
  /** How far the bit rate of a camera is below that of its size, when its pictures are blocky. */
  readonly coarseFraction: number;
}

type Measure = Exclude<keyof QualityInput, 'paused' | 'silent'>;

/** Above the first limit the quality is weak, above the second poor. Users begin to complain at a loss over 5 % or a round trip over 300 ms. */
const limits: Readonly<Record<Measure, readonly [number, number]>> = {
  rttMs: [150, 300],
  lossFraction: [0.02, 0.05],
  jitterMs: [40, 100],
  frozenFraction: [0.05, 0.25],
  concealedFraction: [0.03, 0.1],
  coarseFraction: [0.5, 0.8],
};

/** The quality of one interval. */
export function measureQuality(input: QualityInput): TrackQuality {
  if (input.paused) return 'paused';
  if (input.silent) return 'poor';
  const exceeds = (which: 0 | 1) => (Object.keys(limits) as Measure[]).some(measure => (input[measure] ?? 0) > limits[measure][which]);
  return exceeds(1) ? 'poor' : exceeds(0) ? 'weak' : 'good';
}

const order: readonly TrackQuality[] = ['good', 'weak', 'poor', 'paused'];

export const worst = (qualities: readonly TrackQuality[]): TrackQuality | null =>
  qualities.reduce<TrackQuality | null>((a, b) => (a === null || order.indexOf(b) > order.indexOf(a) ? b : a), null);

/** The quality that is shown, and for how many intervals in a row the measured one differed from it in one direction. */
export interface ShownQuality {
  readonly quality: TrackQuality;
  readonly worse: number;
  readonly better: number;
}

/** Intervals in a row after which a worse or a better quality is shown. */
const worseAfter = 2;
const betterAfter = 3;

/** The next shown quality: a single bad or good interval does not change it. `paused` is a fact and not a measurement, so it is shown and ends at once; so is a picture that stands still now. */
export function settleQuality(before: ShownQuality | undefined, measured: TrackQuality, frozen: boolean): ShownQuality {
  const settled = { quality: measured, worse: 0, better: 0 };
  if (before === undefined || measured === before.quality || frozen || measured === 'paused' || before.quality === 'paused') return settled;
  const isWorse = order.indexOf(measured) > order.indexOf(before.quality);
  const next = { quality: before.quality, worse: isWorse ? before.worse + 1 : 0, better: isWorse ? 0 : before.better + 1 };
  return next.worse >= worseAfter || next.better >= betterAfter ? settled : next;
}
