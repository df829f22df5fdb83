import { parseArgs } from 'node:util';

/**
 * The options of the command line. With `--help`, prints the usage and ends the process; ends it with exit code 2 when an option is unknown, lacks its value or is not `isValid`.
 * `options` as in `util.parseArgs`.
 */
export function commandOptions(options, usage, isValid) {
  const refuse = reason => {
    console.error(`${reason === '' ? '' : `${reason}\n`}usage: ${usage}`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } } }));
  } catch (error) {
    refuse(error.message);
  }
  if (values.help) {
    console.log(`usage: ${usage}`);
    process.exit(0);
  }
  if (!isValid(values)) refuse('');
  return values;
}
