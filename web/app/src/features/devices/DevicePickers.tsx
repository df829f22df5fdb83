import { Button, SelectField } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import { playTone } from '../audio/tone';
import { BackgroundPicker } from '../background/BackgroundPicker';
import { canChangeBackground } from '../background/change-background';
import { DataUsePicker } from '../saving/DataUsePicker';
import styles from './DevicePickers.module.css';
import type { LocalMedia } from './local-media';
import { useLocalMedia } from './useLocalMedia';

type PickerKind = 'microphone' | 'camera' | 'speaker';

const emptyTexts = { microphone: 'devices.noMicrophone', camera: 'devices.noCamera', speaker: 'devices.defaultSpeaker' } as const;

const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

export function DevicePickers({ media }: { readonly media: LocalMedia }) {
  const { t } = useTranslation();
  const { devices, choice, microphone, camera, noise } = useLocalMedia(media);
  const picker = (kind: PickerKind) => {
    const type = kind === 'microphone' ? 'audioinput' : kind === 'camera' ? 'videoinput' : 'audiooutput';
    const found = devices.filter(device => device.kind === type);
    const used = kind === 'speaker' ? undefined : (kind === 'microphone' ? microphone : camera).deviceId;
    const value = found.some(device => device.deviceId === choice[kind]) ? choice[kind] : used ?? found[0]?.deviceId ?? '';
    return (
      <SelectField label={t(`devices.${kind}`)} icon={kind === 'microphone' ? 'mic' : kind} data-testid={`device-${kind}`} value={value} disabled={found.length === 0}
        onChange={event => void media.choose(kind, event.target.value)}>
        {found.length === 0 && <option value="">{t(emptyTexts[kind])}</option>}
        {found.map(device => <option key={device.deviceId} value={device.deviceId}>{device.label || t('devices.unnamed')}</option>)}
      </SelectField>
    );
  };
  return (
    <div className={styles.pickers}>
      {picker('microphone')}
      {picker('camera')}
      <div className={styles.speaker}>
        {canChooseSpeaker() && picker('speaker')}
        <Button onClick={() => playTone(choice.speaker)}>{t('devices.testSound')}</Button>
      </div>
      {(canChangeBackground() || choice.background !== 'none') && (
        <div className={styles.background}><BackgroundPicker background={choice.background} onChange={background => void media.setBackground(background)} /></div>
      )}
      <div className={styles.dataUse}><DataUsePicker dataUse={choice.dataUse} onChange={dataUse => media.setDataUse(dataUse)} /></div>
      <label className={styles.option}>
        <input type="checkbox" checked={choice.filtersNoise} onChange={event => void media.setNoiseFilter(event.target.checked)} data-testid="filter-noise" />
        {t('devices.filterNoise')}
      </label>
      {noise === 'unsupported' && <p className={styles.note} role="status">{t('devices.filterNoiseUnsupported')}</p>}
    </div>
  );
}
