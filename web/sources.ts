import { fileURLToPath } from 'node:url';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The workspaces are compiled from their sources, so that a change in one reaches the page without a build of it. The first match counts. */
export const sources = {
  '@meetoperator/client': source('./client/src/index.ts'),
  '@meetoperator/ui/styles': source('./ui/src/styles/index.ts'),
  '@meetoperator/ui': source('./ui/src/index.ts'),
};
