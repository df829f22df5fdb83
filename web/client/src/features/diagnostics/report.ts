import type { TrackSource } from '../../core/wire-types.js';
import type { MediaPath } from '../stats/path.js';
import type { Quality, QualityHint, StatsSummary } from '../stats/summary.js';
import type { TrackStats } from '../stats/track-stats.js';
import { withoutAddresses } from './addresses.js';

const maxBytes = 256 * 1024;
const maxSamples = 130;
const maxTracks = 64;
const maxBrowserLength = 400;

export interface DiagnosticPath {
  readonly direct: boolean;
  readonly type: string;
  readonly protocol: string;
  readonly rttMs?: number;
}

export interface DiagnosticTrack {
  readonly participantId: string;
  readonly source: TrackSource;
  readonly direction: 'send' | 'receive';
  readonly kbps: number;
  readonly loss: number;
  readonly jitterMs: number;
  readonly frozen: number;
  readonly concealed: number;
  readonly fps?: number;
  readonly width?: number;
  readonly height?: number;
  readonly codec?: string;
  readonly layers?: readonly string[];
  readonly limitation?: 'bandwidth' | 'cpu';
}

export interface DiagnosticSample {
  /** Milliseconds from the measurement to the report. */
  readonly ageMs: number;
  readonly quality: Quality;
  readonly hint: QualityHint;
  readonly rttMs?: number;
  readonly sendKbps: number;
  readonly sendLoss: number;
  readonly receiveKbps: number;
  readonly receiveLoss: number;
  readonly paths: readonly DiagnosticPath[];
  readonly tracks: readonly DiagnosticTrack[];
}

/** What `Meeting.sendReport` sends, and nothing else. */
export interface DiagnosticReport {
  /** The client's own name for the report. A repeated upload is stored once. */
  readonly reference: string;
  readonly text?: string;
  readonly browser: string;
  /** Oldest first. */
  readonly statistics: readonly DiagnosticSample[];
}

/**
 * The report about these measurements. Every field is copied by name, so that nothing else that a browser measures, such as addresses or the names of devices, is in it.
 * When not all fits, the samples have only their worst tracks.
 */
export function reportOf(history: readonly StatsSummary[], now: number, reference: string, browser: string): DiagnosticReport {
  const latest = history.slice(-maxSamples);
  for (let tracks = maxTracks; ; tracks = Math.floor(tracks / 2)) {
    const report = { reference, browser: withoutAddresses(browser).slice(0, maxBrowserLength), statistics: latest.map(summary => sampleOf(summary, now, tracks)) };
    // Leaves space for what the person writes.
    if (tracks === 0 || new TextEncoder().encode(JSON.stringify(report)).length <= maxBytes - 16 * 1024) return report;
  }
}

/** The report with what the person wrote, without network addresses. */
export function withText(report: DiagnosticReport, text: string): DiagnosticReport {
  const { reference, browser, statistics } = report;
  const written = withoutAddresses(text).trim();
  return { reference, ...(written === '' ? {} : { text: written }), browser, statistics };
}

function sampleOf(summary: StatsSummary, now: number, tracks: number): DiagnosticSample {
  const trouble = (track: TrackStats): number => track.lossFraction + track.frozenFraction + track.concealedFraction;
  return {
    ageMs: milliseconds(now - summary.at),
    quality: summary.quality,
    hint: summary.hint,
    ...(summary.rttMs === null ? {} : { rttMs: milliseconds(summary.rttMs) }),
    sendKbps: kbps(summary.sendBitrate),
    sendLoss: fraction(summary.sendLossFraction),
    receiveKbps: kbps(summary.receiveBitrate),
    receiveLoss: fraction(summary.receiveLossFraction),
    paths: summary.paths.slice(0, 16).map(pathOf),
    tracks: [...summary.tracks].sort((a, b) => trouble(b) - trouble(a)).slice(0, tracks).map(trackOf),
  };
}

function pathOf({ isDirect, type, protocol, rttMs }: MediaPath): DiagnosticPath {
  return {
    direct: isDirect,
    type: ['host', 'srflx', 'prflx', 'relay'].includes(type) ? type : 'unknown',
    protocol: ['udp', 'tcp', 'tls'].includes(protocol) ? protocol : 'unknown',
    ...(rttMs === null ? {} : { rttMs: milliseconds(rttMs) }),
  };
}

function trackOf(track: TrackStats): DiagnosticTrack {
  const layers = track.layers.filter(isWord).slice(0, 8);
  return {
    participantId: track.participantId,
    source: track.source,
    direction: track.direction,
    kbps: kbps(track.bitrate),
    loss: fraction(track.lossFraction),
    jitterMs: milliseconds(track.jitterMs),
    frozen: fraction(track.frozenFraction),
    concealed: fraction(track.concealedFraction),
    ...(track.frameHeight === 0 ? {} : { fps: Math.round(Math.min(1_000, track.framesPerSecond)), width: pixels(track.frameWidth), height: pixels(track.frameHeight) }),
    ...(track.codec === null || !isWord(track.codec) ? {} : { codec: track.codec }),
    ...(layers.length === 0 ? {} : { layers }),
    ...(track.limitation === null ? {} : { limitation: track.limitation }),
  };
}

const isWord = (text: string): boolean => /^[A-Za-z0-9-]{1,20}$/.test(text);

const within = (value: number, max: number): number => Math.min(max, Math.max(0, value));

const kbps = (bitsPerSecond: number): number => within(Math.round(bitsPerSecond / 1000), 10_000_000);

const milliseconds = (value: number): number => within(Math.round(value), 600_000);

const pixels = (value: number): number => within(Math.round(value), 16_384);

const fraction = (value: number): number => Math.round(within(value, 1) * 1000) / 1000;
