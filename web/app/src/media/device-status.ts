/** How far we are with one kind of device. */
export type DeviceStatus = 'off' | 'asking' | 'on' | 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

export function statusOfError(error: unknown): DeviceStatus {
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

/** What to tell somebody whose device does not work. */
export function helpFor(kind: 'microphone' | 'camera', status: DeviceStatus): DeviceHelp | null {
  const name = kind === 'microphone' ? 'Microphone' : 'Camera';
  switch (status) {
    case 'denied': return {
      title: `${name} is blocked`,
      text: `Allow it with the icon beside the address of this page, then switch the ${kind} on again. You can join without it.`,
    };
    case 'missing': return { title: `No ${kind} found`, text: 'Plug one in at any time; it will be found at once. You can join without it.' };
    case 'busy': return { title: `${name} is in use`, text: 'Another program holds it. Close that program and switch it on again.' };
    case 'insecure': return { title: `${name} needs a secure page`, text: 'Browsers give devices to https:// pages only. Open this meeting by its https address.' };
    case 'failed': return { title: `${name} did not start`, text: 'Choose another device or switch it on again.' };
    default: return null;
  }
}
