import { Announcer } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import { MeetingRoute } from './MeetingRoute';
import { missingFeatures } from './missing-features';
import { useRoute } from './navigation/router';
import { NoticePage } from './pages/notice/NoticePage';
import { StartPage } from './pages/start/StartPage';

export function App() {
  const { t, i18n } = useTranslation();
  const route = useRoute();
  const missing = missingFeatures();
  return (
    <>
      {missing.length > 0
        ? <NoticePage notice="unsupported" detail={t('notice.missingFeatures', { features: new Intl.ListFormat(i18n.language).format(missing) })} />
        : route.page === 'start' ? <StartPage />
          : route.page === 'meeting' ? <MeetingRoute key={route.meetingId} meetingId={route.meetingId} />
            : <NoticePage notice="unknown-page" />}
      <Announcer />
    </>
  );
}
