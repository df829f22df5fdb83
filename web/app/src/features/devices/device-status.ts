import type { TFunction } from 'i18next';
import type { BackgroundProblem } from '../background/effect';

export type DeviceStatus = 'off' | 'asking' | 'on' | DeviceProblem | BackgroundProblem;

/** Why a device delivers no track. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

/** The camera works, and its background cannot be changed. */
export class BackgroundError extends Error {
  constructor(cause: unknown) {
    super('The background of the camera could not be changed.', { cause });
  }
}

export function statusOfError(error: unknown): DeviceProblem | BackgroundProblem {
  if (error instanceof BackgroundError) return 'background-failed';
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError': return 'denied';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError': return 'missing';
    case 'NotReadableError':
    case 'AbortError': return 'busy';
    default: return 'failed';
  }
}

export interface DeviceHelp {
  readonly title: string;
  readonly text: string;
}

/** Explains why the device does not work and what to do; null when the device has no problem. */
export function helpFor(t: TFunction, kind: 'microphone' | 'camera', status: DeviceStatus): DeviceHelp | null {
  if (status === 'off' || status === 'asking' || status === 'on') return null;
  if (status === 'background-failed' || status === 'background-slow') return { title: t(`background.help.${status}.title`), text: t(`background.help.${status}.text`) };
  return { title: t(`devices.help.${kind}.${status}.title`), text: t(`devices.help.${kind}.${status}.text`) };
}
