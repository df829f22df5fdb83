// Finds the command blocks (```sh) in a Markdown text.

/** @returns {{line: number, commands: string}[]} */
export function commandBlocks(markdown) {
  const blocks = [];
  let open = null;
  markdown.split('\n').forEach((text, index) => {
    if (open === null && /^```sh\s*$/.test(text)) {
      open = { line: index + 2, lines: [] };
    } else if (open !== null && /^```\s*$/.test(text)) {
      blocks.push({ line: open.line, commands: open.lines.join('\n') });
      open = null;
    } else if (open !== null) {
      open.lines.push(text);
    }
  });
  if (open !== null) throw new Error(`the code block at line ${open.line} is not closed`);
  return blocks;
}

/** The commands without the line `./meet test`, which would run this test again. */
export const runnable = commands => commands.split('\n').filter(line => line.trim() !== './meet test').join('\n').trim();
