import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** Sets the title of the window; without a page title it is the name of the product. */
export function useTitle(page?: string): void {
  const { t } = useTranslation();
  const title = page === undefined ? t('app.name') : t('app.pageTitle', { page });
  useEffect(() => { document.title = title; }, [title]);
}
