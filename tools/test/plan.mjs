// plan.mjs [fast | --changed | SUITE [WORD…]…]: prints what `./meet test` runs: a line for each whole suite, project or file (suite, path, filter; separated by tabs).
import { execFileSync } from 'node:child_process';
import { fast, fromArguments, fromChanges, lines } from './selection.mjs';
import { readTree } from './tree.mjs';

const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n').filter(Boolean);

function succeeds(...args) {
  try {
    git(...args);
    return true;
  } catch {
    return false;
  }
}

// Committed since the branch left main, edited, or new. A renamed file counts in both places.
function changedPaths() {
  const main = ['origin/main', 'main'].find(name => succeeds('rev-parse', '--verify', '--quiet', `${name}^{commit}`));
  if (!main) throw new Error('--changed compares with origin/main or main, and neither exists');
  const [base] = git('merge-base', 'HEAD', main);
  return [...git('diff', '--name-only', '--no-renames', base), ...git('ls-files', '--others', '--exclude-standard')];
}

function plan(args) {
  const tree = readTree('.');
  if (args.length === 1 && args[0] === 'fast') return fast(tree);
  if (args.length === 1 && args[0] === '--changed') return fromChanges(changedPaths(), tree);
  if (args.length > 1 && (args.includes('fast') || args.includes('--changed'))) throw new Error('fast and --changed choose the suites themselves; use them without other arguments');
  const option = args.find(argument => argument.startsWith('-'));
  if (option) throw new Error(`unknown option '${option}'; usage: ./meet test [fast | --changed | SUITE [WORD…]…]`);
  return fromArguments(args, tree);
}

try {
  for (const line of lines(plan(process.argv.slice(2)))) console.log(line);
} catch (error) {
  console.error(`meet: ${error.message}`);
  process.exitCode = 1;
}
