import 'i18next';
import type en from './texts/en';

declare module 'i18next' {
  /** Makes the compiler check every key and placeholder. */
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}
