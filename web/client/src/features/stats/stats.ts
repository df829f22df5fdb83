import type { Environment } from '../../core/environment.js';
import type { DirectPaths } from '../direct/direct-paths.js';
import type { Tracks } from '../media/tracks.js';
import { remember } from './history.js';
import { noEvidence, type PathEvidence } from './path-evidence.js';
import type { PathMemory } from './path-memory.js';
import type { ShownQuality } from './quality.js';
import { withPrefix, type StatsReading, type StatsRecord } from './records.js';
import { summarize, type StatsContext, type StatsSummary } from './summary.js';

export type StatsHost = Pick<StatsContext, 'expects' | 'isPaused'> & {
  selfId(): string;
  /** The direct connections to other participants. */
  directPaths(): DirectPaths['connections'];
  /** Where the measurements of a meeting share what they find out about paths. */
  readonly pathMemory: PathMemory;
};

/** Measures the media connections of a meeting. */
export class Stats {
  readonly #environment: Environment;
  readonly #tracks: Tracks;
  readonly #host: StatsHost;
  #previous: StatsReading | null = null;
  #shown: ReadonlyMap<string, ShownQuality> = new Map();
  #history: readonly StatsSummary[] = [];

  constructor(environment: Environment, tracks: Tracks, host: StatsHost) {
    this.#environment = environment;
    this.#tracks = tracks;
    this.#host = host;
  }

  /** The measurements of the last two minutes, oldest first. */
  get history(): readonly StatsSummary[] {
    return this.#history;
  }

  /** What happened since the previous call. */
  async measure(): Promise<StatsSummary> {
    const at = this.#environment.monotonicNow();
    const { publish, subscribe } = this.#tracks.connections;
    const paths = this.#host.directPaths();
    const direct = await Promise.all(paths.map(async ({ id, connection }) => withPrefix(await read(connection), id)));
    const [sending, receiving] = [await this.#readToNode(publish), await this.#readToNode(subscribe)];
    const evidence = { publish: sending.evidence, subscribe: receiving.evidence };
    const reading = { at, publish: sending.records, subscribe: receiving.records, direct: direct.flat() };
    const sent = new Map([...this.#tracks.sentSources, ...paths.flatMap(({ id, sources }) => [...sources].map(([mid, source]) => [`${id} ${mid}`, source] as const))]);
    const { expects, isPaused } = this.#host;
    const context = { selfId: this.#host.selfId(), received: this.#tracks.remote, sent, expects, isPaused, evidence };
    const { summary, shown } = summarize(this.#previous, reading, context, this.#shown);
    this.#previous = reading;
    this.#shown = shown;
    this.#history = remember(this.#history, summary);
    return summary;
  }

  /** Reads a connection to the media node. */
  async #readToNode(connection: RTCPeerConnection | null): Promise<{ readonly records: StatsRecord[]; readonly evidence: PathEvidence }> {
    const records = await read(connection);
    return { records, evidence: connection === null ? noEvidence : this.#host.pathMemory.collect(connection, records) };
  }
}

async function read(connection: RTCPeerConnection | null): Promise<StatsRecord[]> {
  if (connection === null || connection.connectionState === 'closed') return [];
  const records: StatsRecord[] = [];
  (await connection.getStats()).forEach(record => records.push(record as StatsRecord));
  return records;
}
