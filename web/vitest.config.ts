import { defineConfig } from 'vitest/config';
import { sources } from './sources.ts';

export default defineConfig({
  resolve: { alias: sources },
  // The tests of keys derive many, and beside other suites they get a small part of the processors.
  test: { include: ['{client,ui,app}/test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
