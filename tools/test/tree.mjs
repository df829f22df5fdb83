// What the repository has to test: C# projects with their references and test classes, and the test files of the other suites.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SKIPPED = new Set(['bin', 'obj', 'node_modules', 'dist', '.git', '.meet', 'build', 'TestResults']);
const SOURCES = ['crds', 'kube', 'media-node', 'operator', 'signaling', 'tests', 'turn', 'web'];

function walk(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(root, path);
    return [path];
  });
}

/** Projects by name: path, folder, names of referenced projects, and names of the test classes. */
function projectsIn(root, paths) {
  return paths.filter(path => path.endsWith('.csproj')).sort().map(path => {
    const folder = dirname(path);
    const text = readFileSync(join(root, path), 'utf8');
    return {
      path,
      folder,
      name: basename(path, '.csproj'),
      references: [...text.matchAll(/<ProjectReference\s+Include="([^"]+)"/g)].map(match => basename(match[1].replaceAll('\\', '/'), '.csproj')),
      classes: paths.filter(file => file.startsWith(`${folder}/`) && /Tests\.cs$/.test(file)).map(file => basename(file, '.cs')),
    };
  });
}

/** @returns {{projects: object[], files: string[]}} paths are relative to the root and have forward slashes */
export function readTree(root) {
  const paths = SOURCES.flatMap(folder => walk(root, folder));
  return { projects: projectsIn(root, paths), files: paths.filter(path => /\.test\.(mjs|tsx?)$/.test(path)).sort() };
}

/** The names of the project and of every project that references it, directly or not. */
export function dependents(projects, name) {
  const found = new Set([name]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const project of projects) if (project.references.some(reference => found.has(reference))) found.add(project.name);
  }
  return found;
}
