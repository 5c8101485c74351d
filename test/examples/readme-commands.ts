import { readFileSync, realpathSync } from 'node:fs';

/** A command line of a README, as the shell would take it apart. Only plain words: no quotes, no pipes. */
export interface Command {
  readonly env: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

export class Readme {
  readonly text: string;

  constructor(example: string) {
    this.text = readFileSync(`examples/${example}/README.md`, 'utf8');
  }

  /** The lines of its code blocks that call this program, with what stands before and after its name. */
  commands(program: string): Command[] {
    const blocks = [...this.text.matchAll(/^```\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
    return blocks.map(command).filter(({ words }) => words[0] === program);
  }

  /** What was captured between two marks, as `comparable` has it. */
  captured(mark: string): string {
    const [, block] =
      new RegExp(`<!-- ${mark}:start -->\n\`\`\`\n([\\s\\S]*?)\`\`\`\n<!-- ${mark}:end -->`).exec(this.text) ?? [];
    if (block === undefined) throw new Error(`no ${mark} in the README`);
    return comparable(block);
  }
}

function command(line: string): Command {
  const words = line.split(' ');
  const isAssignment = (word: string) => /^[A-Z_]+=/.test(word);
  const first = words.findIndex((word) => !isAssignment(word));
  const assignments = words.slice(0, first).map((word) => word.split('=', 2) as [string, string]);
  return { env: Object.fromEntries(assignments), words: words.slice(first) };
}

/** Output without what differs from run to run: numbers, the socket's name, the place of the checkout, line breaks. */
export function comparable(output: string): string {
  return output
    .replaceAll(realpathSync('.'), '/home/you/synfin')
    .replace(/\bsocket [0-9a-f]+/g, 'socket N')
    .replace(/\d+(\.\d+)?/g, 'N')
    .replace(/\s+/g, ' ')
    .trim();
}
