import '@fontsource-variable/figtree/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { hostTokens } from './memory';

hostTokens.takeOver();
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
