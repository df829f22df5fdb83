import { defineConfig } from 'vitest/config';
import { sources } from './sources.ts';

export default defineConfig({
  resolve: { alias: sources },
  test: { include: ['{client,ui,app}/test/**/*.test.ts'] },
});
