import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Language } from '../explain/language.ts';
import { findingText } from '../explain/text.ts';
import { inOrder, linesOf } from './files.ts';
import { replay } from './paced.ts';
import type { Replayed } from './replay.ts';

/** What the command was answered, in the codes of every synfin command. */
const exit = { nothingFound: 0, found: 1, usage: 2 } as const;

export interface CommandPorts {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns. */
  readonly width: number;
  /** What findings are told in; unless it is said, `en`. */
  readonly language?: Language;
}

const usage = `usage: replay FILE... [--json] [--speed N]

  FILE         a recording (option record); parts of one run in any order
  --json       a line of JSON for each finding
  --speed N    1: as long as it took; 10: ten times as fast; as fast as it goes without it
`;

/** Replays recordings and tells what was found. Resolves to the exit code: 0 nothing, 1 findings, 2 usage. */
export async function replayCommand(args: readonly string[], ports: CommandPorts): Promise<number> {
  const asked = understood(args);
  if (typeof asked === 'string') {
    ports.err(`${asked}\n${usage}`);
    return exit.usage;
  }
  const { paths, json, speed } = asked;
  let [found, parts] = [0, 0];
  try {
    for await (const told of replay(linesOf(await inOrder(paths)), { speed, sleep }, ports.language)) {
      if (told.kind === 'finding') found++;
      if (told.kind === 'part') parts++;
      const text = textOf(told, json, ports);
      if (told.kind === 'finding') ports.out(text);
      else if (text !== '') ports.err(text);
    }
  } catch (error) {
    ports.err(`${error instanceof Error ? error.message : String(error)}\n`);
    return exit.usage;
  }
  if (parts === 0) {
    ports.err(`no recording: ${paths.join(', ')} has no header\n`);
    return exit.usage;
  }
  if (found > 0) return exit.found;
  if (!json) ports.out('nothing was found\n');
  return exit.nothingFound;
}

interface Asked {
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly speed: number;
}

/** In words, what is wrong with the arguments. */
function understood(args: readonly string[]): Asked | string {
  try {
    const options = { json: { type: 'boolean', default: false }, speed: { type: 'string' } } as const;
    const { values, positionals: paths } = parseArgs({ args: [...args], options, allowPositionals: true });
    const speed = values.speed === undefined ? Number.POSITIVE_INFINITY : Number(values.speed);
    if (paths.length === 0) return 'no file is named';
    if (!(speed > 0)) return `--speed takes a number above 0, not ${values.speed}`;
    return { paths, json: values.json, speed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function textOf(told: Replayed, json: boolean, { width, language = 'en' }: CommandPorts): string {
  if (told.kind === 'finding')
    return json
      ? `${JSON.stringify(told.finding)}
`
      : findingText(told.finding, { colour: false, width, language });
  const notice = noticeOf(told);
  return notice === undefined ? '' : `${json ? JSON.stringify({ notice }) : `replay: ${visible(notice)}`}\n`;
}

/** Whoever made the file may have written what a terminal would obey: that is spelled out. */
function visible(text: string): string {
  const spelled = (one: string) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return text.replaceAll(/(?!\n)\p{Cc}/gu, spelled);
}

/** What is to be said besides the findings. */
function noticeOf(told: Exclude<Replayed, { kind: 'finding' }>): string | undefined {
  switch (told.kind) {
    case 'part': {
      const { run, part, pid, startedAt } = told.header;
      if (part === 1 || told.follows) return undefined;
      return `part ${part} of run ${run} (process ${pid}, ${startedAt}) is replayed without the ones before it: findings have other numbers, and what was found before is found again`;
    }
    case 'lost':
      return `${told.lost.source} lost ${told.lost.count}: ${told.lost.what.replaceAll('\n', ' ')}`;
    case 'bad_line':
      return `line ${told.line} is not understood: ${told.bad.why}: ${JSON.stringify(told.bad.text)}`;
    case 'end': {
      const bad = told.bad > 0 ? `${told.bad} of ${told.lines} lines were not understood` : '';
      return [bad, told.cutOff ? 'the last line is cut off' : ''].filter(Boolean).join('; ') || undefined;
    }
    case 'fault':
      return `an error of synfin's own in ${told.where}: ${told.error instanceof Error ? told.error.stack : String(told.error)}`;
  }
}
