import { isBatteryLow, type Conditions } from './saving';

interface Battery extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

/** What browsers tell about the device. Some have none of it. */
interface DeviceNavigator {
  readonly connection?: Partial<EventTarget> & { readonly saveData?: boolean };
  readonly userAgentData?: { readonly mobile: boolean };
  readonly userAgent: string;
  getBattery?(): Promise<Battery>;
}

/** Watches the conditions of the device, and calls `changed` with the current ones, at once and after each change. Returns a function that stops watching. */
export function watchConditions(device: DeviceNavigator, changed: (conditions: Conditions) => void): () => void {
  const over = new AbortController();
  let conditions: Conditions = { savesData: device.connection?.saveData === true, lowBattery: false, isPhone: device.userAgentData?.mobile ?? /Mobi/.test(device.userAgent) };
  const update = (part: Partial<Conditions>) => {
    conditions = { ...conditions, ...part };
    if (!over.signal.aborted) changed(conditions);
  };
  update({});
  device.connection?.addEventListener?.('change', () => update({ savesData: device.connection?.saveData === true }), { signal: over.signal });
  void device.getBattery?.().then(battery => {
    const read = () => update({ lowBattery: isBatteryLow(conditions.lowBattery, battery) });
    for (const event of ['levelchange', 'chargingchange']) battery.addEventListener(event, read, { signal: over.signal });
    read();
  }, () => undefined); // the browser may refuse to tell the state of the battery
  return () => over.abort();
}
