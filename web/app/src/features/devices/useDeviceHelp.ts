import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { helpFor, type DeviceStatus } from './device-status';

/** Tells the user whenever a device does not start or stops working, and what to do. */
export function useDeviceHelp(kind: 'microphone' | 'camera', status: DeviceStatus, show: (text: string) => void): void {
  const { t } = useTranslation();
  useEffect(() => {
    const help = helpFor(t, kind, status);
    if (help !== null) show(`${help.title}. ${help.text}`);
  }, [t, kind, status, show]);
}
