import { describe, expect, it } from 'vitest';

/** Which other workspaces each workspace may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = { client: [], ui: [], app: ['@meetoperator/client', '@meetoperator/ui', '@meetoperator/ui/styles'] };

const sources = import.meta.glob<string>('../../{client,ui,app}/src/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });
const resolve = (path: string, from: string): string => new URL(path, `file://${from}`).pathname.slice(1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Every import of the three workspaces, with paths such as `client/src/meeting.ts`. */
const imports = Object.entries(sources).flatMap(([path, text]) => {
  const file = resolve(path, '/app/test/folders.test.ts');
  return [...text.matchAll(/^(?:import|export)\b(?:[^';]*\bfrom)?\s*'([^'\n]+)'|\bimport\('([^'\n]+)'\)/gm)].map(match => ({ file, target: (match[1] ?? match[2])! }));
});
const relative = imports.filter(({ target }) => target.startsWith('.')).map(({ file, target }) => ({ from: folderOf(file), to: folderOf(resolve(target, `/${file}`)) }));

describe('the folders of the workspaces', () => {
  it('the imports of all three workspaces are found', () => {
    expect([...new Set(imports.map(({ file }) => file.split('/')[0]))].sort()).toEqual(['app', 'client', 'ui']);
  });

  it('no folders import each other in a circle', () => {
    let open = relative.filter(({ from, to }) => from !== to);
    // Removes folders that import nothing or that nothing imports, again and again. What is left is in a circle or between two.
    for (let before = -1; open.length !== before;) {
      before = open.length;
      open = open.filter(one => open.some(next => next.from === one.to) && open.some(previous => previous.to === one.from));
    }
    expect([...new Set(open.map(({ from, to }) => `${from} imports ${to}`))]).toEqual([]);
  });

  it('a workspace imports other workspaces by their names, and only those below it', () => {
    const outside = relative.filter(({ from, to }) => !to.startsWith(from.split('/', 2).join('/')));
    const above = imports.filter(({ file, target }) => target.startsWith('@meetoperator/') && !mayImport[file.split('/')[0]!]!.includes(target));
    expect([...outside, ...above]).toEqual([]);
  });
});
