import { useTranslation } from 'react-i18next';
import { MeetingRoute } from './pages/MeetingRoute';
import { NoticePage } from './pages/NoticePage';
import { StartPage } from './pages/StartPage';
import { useRoute } from './router';
import { missingFeatures } from './services';
import { Announcer } from './ui/Announcer';

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
