/** One object of `RTCPeerConnection.getStats`. */
export type StatsRecord = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** One reading of all connections. The counters are cumulative; a summary compares two readings. */
export interface StatsReading {
  readonly at: number;
  readonly publish: readonly StatsRecord[];
  readonly subscribe: readonly StatsRecord[];
  /** The direct connections to other participants, which send and receive; their records have the name of the participant before each ID. */
  readonly direct?: readonly StatsRecord[];
}

/** Puts a name before the IDs of records, so that those of several connections differ. Media sections get it as well. */
export function withPrefix(records: readonly StatsRecord[], prefix: string): StatsRecord[] {
  return records.map(record => Object.fromEntries(Object.entries(record).map(([field, value]) =>
    [field, typeof value === 'string' && (field === 'id' || field === 'mid' || field.endsWith('Id')) ? `${prefix} ${value}` : value])) as StatsRecord);
}

/** Losses of a slower stream do not count: one lost packet of a microphone that hears nothing, which sends three to five a second, would look like a bad line. */
const minPacketsPerSecond = 10;

/** What happened between two readings. */
export class Interval {
  /** 0 without an earlier reading. */
  readonly seconds: number;
  readonly #earlier: ReadonlyMap<string, StatsRecord>;

  constructor(previous: StatsReading | null, readonly now: StatsReading) {
    this.seconds = previous === null ? 0 : Math.max(0.001, (now.at - previous.at) / 1000);
    this.#earlier = new Map([...previous?.publish ?? [], ...previous?.subscribe ?? []].map(record => [record.id, record]));
  }

  /** How much a counter grew; 0 when it began anew. */
  increase(record: StatsRecord, field: string): number {
    return Math.max(0, number(record, field) - number(this.#earlier.get(record.id), field));
  }

  /** Whether the earlier reading has the record. */
  knows(record: StatsRecord): boolean {
    return this.#earlier.has(record.id);
  }

  /** Bits per second. */
  bitrate(records: readonly StatsRecord[], field: 'bytesReceived' | 'bytesSent'): number {
    return this.seconds === 0 ? 0 : Math.round((sum(records, record => this.increase(record, field)) * 8) / this.seconds);
  }

  /** The fraction of expected packets that did not arrive, without streams of a few packets a second. */
  lossOf(records: readonly StatsRecord[]): number {
    const losses = records.map(record => ({ lost: this.increase(record, 'packetsLost'), received: this.increase(record, 'packetsReceived') }));
    const measured = losses.filter(({ lost, received }) => this.#isMeasured(lost + received));
    const lost = measured.reduce((total, one) => total + one.lost, 0);
    return lost === 0 ? 0 : lost / measured.reduce((total, one) => total + one.lost + one.received, 0);
  }

  /** The highest fraction of lost packets of a sent stream, as the receiver reports it, without streams of a few packets a second. */
  sendLossOf(records: readonly StatsRecord[]): number {
    const losses = records.map(record => {
      const sent = this.increase(record, 'packetsSent');
      const report = this.now.publish.find(one => one.type === 'remote-inbound-rtp' && one['localId'] === record.id);
      return report === undefined || !this.#isMeasured(sent) ? 0 : Math.min(1, this.increase(report, 'packetsLost') / sent);
    });
    return Math.max(0, ...losses);
  }

  #isMeasured(packets: number): boolean {
    return packets >= minPacketsPerSecond * this.seconds && packets > 0;
  }
}

export function number(record: StatsRecord | undefined, field: string): number {
  const value = record?.[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

export const text = (record: StatsRecord | undefined, field: string): string | null => (typeof record?.[field] === 'string' ? record[field] : null);

export const sum = (records: readonly StatsRecord[], of: (record: StatsRecord) => number): number => records.reduce((total, record) => total + of(record), 0);
