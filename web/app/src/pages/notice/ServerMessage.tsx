import { useTranslation } from 'react-i18next';

/** An explanation that the server gave with an error. Servers write English, whatever the language of the page. */
export function ServerMessage({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  return <>{t('notice.serverMessage')} <span lang="en" dir="auto">{text}</span></>;
}
