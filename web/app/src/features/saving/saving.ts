import type { ShownTrack } from '@meetoperator/client';

/** How much data the person wants to use: `reduced` sends at most 1.5 Mbit/s of pictures, `low` at most 500 kbit/s, and `automatic` depends on the device. */
export type DataUse = 'automatic' | 'reduced' | 'low';

export const dataUses: readonly DataUse[] = ['automatic', 'reduced', 'low'];

/** The remembered choice. One that this version does not know becomes `automatic`. */
export function dataUseOf(remembered: unknown): DataUse {
  return dataUses.find(one => one === remembered) ?? 'automatic';
}

/** What the browser says about the device. */
export interface Conditions {
  /** The person has asked the browser to save data. */
  readonly savesData: boolean;
  /** The battery is nearly empty and does not charge. */
  readonly lowBattery: boolean;
  readonly isPhone: boolean;
}

/** Why `automatic` uses less, or null. */
export type SavingReason = 'data' | 'battery' | 'phone';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

/** What is sent and received. */
export interface Saving {
  /** The camera may send this much in total; null for no limit. */
  readonly cameraBitsPerSecond: number | null;
  readonly camera: PictureSize;
  /** Pictures of cameras are received with at most this height, in pixels. */
  readonly receivedHeight: number;
  /** At most this number of tiles is shown. */
  readonly tiles: number;
  readonly reason: SavingReason | null;
}

const full = { cameraBitsPerSecond: null, camera: { width: 1280, height: 720, frameRate: 30 }, receivedHeight: Infinity, tiles: Infinity };
const reduced = { cameraBitsPerSecond: 1_500_000, camera: { width: 960, height: 540, frameRate: 24 }, receivedHeight: 360, tiles: 9 };
const low = { cameraBitsPerSecond: 500_000, camera: { width: 640, height: 360, frameRate: 15 }, receivedHeight: 180, tiles: 4 };

export function savingFor(use: DataUse, conditions: Conditions): Saving {
  if (use === 'low') return { ...low, reason: null };
  if (use === 'reduced') return { ...reduced, reason: null };
  if (conditions.savesData) return { ...low, reason: 'data' };
  if (conditions.lowBattery) return { ...low, reason: 'battery' };
  return conditions.isPhone ? { ...reduced, reason: 'phone' } : { ...full, reason: null };
}

/** The battery counts as low below this charge, and as sufficient again above the second. */
const lowCharge = 0.2;
const sufficientCharge = 0.25;

/** Whether the battery is low, from its charge (0 to 1), and whether it was low before. */
export function isBatteryLow(wasLow: boolean, { level, charging }: { readonly level: number; readonly charging: boolean }): boolean {
  return !charging && level < (wasLow ? sufficientCharge : lowCharge);
}

/** The tracks with the sizes in which they are requested. A shared screen keeps its size, because small text cannot be read. */
export function savedView(tracks: readonly ShownTrack[], { receivedHeight }: Saving): ShownTrack[] {
  return tracks.map(track => {
    const scale = track.source === 'screen' ? 1 : Math.min(1, receivedHeight / track.height);
    return { ...track, width: track.width * scale, height: track.height * scale };
  });
}
