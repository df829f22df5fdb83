import type { TFunction } from 'i18next';

export type DeviceStatus = 'off' | 'asking' | 'on' | DeviceProblem;

/** Why a device delivers no track. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

export function statusOfError(error: unknown): DeviceProblem {
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
  return { title: t(`devices.help.${kind}.${status}.title`), text: t(`devices.help.${kind}.${status}.text`) };
}
