// Finds the command blocks (```sh) of a Markdown text.

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
  if (open !== null) throw new Error(`the block that begins at line ${open.line} is never closed`);
  return blocks;
}

/** The only line that is not run: `./meet test` is what runs this. */
export const runnable = commands => commands.split('\n').filter(line => line.trim() !== './meet test').join('\n').trim();
