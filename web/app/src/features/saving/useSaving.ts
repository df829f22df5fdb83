import { useEffect, useMemo, useState } from 'react';
import { watchConditions } from './conditions';
import { savingFor, type Conditions, type DataUse, type Saving } from './saving';

/** What is sent and received with this choice on this device, as its conditions are now. */
export function useSaving(use: DataUse): Saving {
  const [conditions, setConditions] = useState<Conditions>({ savesData: false, lowBattery: false, isPhone: false });
  useEffect(() => watchConditions(navigator, setConditions), []);
  return useMemo(() => savingFor(use, conditions), [use, conditions]);
}
