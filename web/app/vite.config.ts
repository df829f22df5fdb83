import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { sources } from '../sources.ts';

const signaling = process.env['MEET_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: sources },
  // Assets are never inlined as data URLs, which `default-src 'self'` would block.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // Found only in a worker: the dev server would reload the page when it is first used.
  optimizeDeps: { include: ['@twilio/video-processors/dist/build/tflite-simd-1-0-0.js'] },
  server: { proxy: { '/meetings': { target: signaling, ws: true } } },
});
