import '@fontsource-variable/figtree/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { startLanguage } from './language';
import { hostTokens } from './storage';

hostTokens.migrateFromLocalStorage();
await startLanguage();
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
