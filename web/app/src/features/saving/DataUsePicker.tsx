import { SelectField } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import { dataUses, dataUseOf, type DataUse } from './saving';
import { useSaving } from './useSaving';

interface Props {
  readonly dataUse: DataUse;
  readonly onChange: (dataUse: DataUse) => void;
}

export function DataUsePicker({ dataUse, onChange }: Props) {
  const { t } = useTranslation();
  const { reason } = useSaving(dataUse);
  return (
    <>
      <SelectField label={t('saving.title')} icon="data" value={dataUse} onChange={event => onChange(dataUseOf(event.target.value))} data-testid="data-use">
        {dataUses.map(use => <option key={use} value={use}>{t(`saving.uses.${use}`)}</option>)}
      </SelectField>
      {reason !== null && <p role="status">{t(`saving.reasons.${reason}`)}</p>}
    </>
  );
}
