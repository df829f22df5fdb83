// Attacks on a real relay (coturn, run by its agent), as its tests make them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Prints `turn.abuse-refused`: how many of the cases in docs/media/relay-abuse.md the relay refuses. */
export function measureAbuse(print) {
  const project = `${root}/tests/turn/MeetOperator.Turn.Tests`;
  execFileSync('dotnet', ['build', project, '-c', 'Release', '--nologo', '-v', 'quiet'], { cwd: root, stdio: ['ignore', 2, 2] });
  let output;
  try {
    output = execFileSync('dotnet', ['vstest', `${project}/bin/Release/net10.0/MeetOperator.Turn.Tests.dll`, '--TestCaseFilter:Category=Abuse'], { cwd: root, encoding: 'utf8' });
  } catch (error) {
    output = `${error.stdout}`;
    console.error(output);
  }
  const count = name => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
  if (count('Total') === 0) throw new Error(`no attack was made: ${output}`);
  print('turn.abuse-refused', count('Passed'), 'cases', count('Total'));
}
