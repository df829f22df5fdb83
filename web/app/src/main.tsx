import '@meetoperator/ui/styles';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { startLanguage } from './language';
import { hostTokens } from './storage/host-tokens';
import { allowOwnWorker } from './trusted-types';

allowOwnWorker();
hostTokens.migrateFromLocalStorage();
await startLanguage();
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
