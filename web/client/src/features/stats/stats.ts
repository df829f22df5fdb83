import type { Environment } from '../../core/environment.js';
import type { Tracks } from '../media/tracks.js';
import { summarize, type StatsReading, type StatsRecord, type StatsSummary } from './summary.js';

/** Measures the media connections of a meeting. */
export class Stats {
  readonly #environment: Environment;
  readonly #tracks: Tracks;
  #previous: StatsReading | null = null;

  constructor(environment: Environment, tracks: Tracks) {
    this.#environment = environment;
    this.#tracks = tracks;
  }

  /** What happened since the previous call. */
  async measure(): Promise<StatsSummary> {
    const at = this.#environment.now();
    const { publish, subscribe } = this.#tracks.connections;
    const reading = { at, publish: await read(publish), subscribe: await read(subscribe) };
    const summary = summarize(this.#previous, reading, this.#tracks.remote);
    this.#previous = reading;
    return summary;
  }
}

async function read(connection: RTCPeerConnection | null): Promise<StatsRecord[]> {
  if (connection === null || connection.connectionState === 'closed') return [];
  const records: StatsRecord[] = [];
  (await connection.getStats()).forEach(record => records.push(record as StatsRecord));
  return records;
}
