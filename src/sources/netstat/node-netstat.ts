import { createRequire } from 'node:module';
import { NotSupportedError } from '../../errors.ts';

/** What the package's parsers make of a line. Addresses that mean "any" are null, ports that mean it NaN or null. */
export interface NetstatItem {
  readonly protocol: string;
  readonly local: { readonly address: string | null; readonly port: number | null };
  readonly remote: { readonly address: string | null; readonly port: number | null };
  /** As netstat prints it; null or undefined where it prints none. */
  readonly state: string | null | undefined;
}

/** A line of netstat's output in one dialect; calls back when it tells of a socket. May throw on what it never saw. */
export type NetstatParser = (line: string, visit: (item: NetstatItem) => void) => unknown;

export interface NetstatDialect {
  readonly command: string;
  /** Arguments in the order of preference: the first that this host's netstat understands are used. */
  readonly arguments: readonly (readonly string[])[];
  readonly parse: NetstatParser;
}

/** The package node-netstat, as far as it is used here. */
interface NodeNetstat {
  readonly commands: Readonly<Record<string, { readonly cmd: string; readonly args: readonly string[] } | undefined>>;
  readonly parsers: Readonly<Record<string, NetstatParser | undefined>>;
}

/**
 * What is asked for before the package's own arguments. Linux: without `-p`, for which netstat reads the descriptors of
 * every process (four times the price), without UDP, and wide, or long addresses are cut off. macOS: TCP alone, wide;
 * `-v` stays, since the package's parser needs its columns.
 */
const narrower: Readonly<Record<string, readonly string[]>> = {
  linux: ['-antW'],
  darwin: ['-v', '-n', '-W', '-p', 'tcp'],
};

/**
 * How netstat is asked on this platform, and who reads the answer: the package node-netstat, loaded at the first call.
 * Throws `NotSupportedError`. The dialect of Linux is tried; those of macOS and Windows are not, but with lines written
 * down elsewhere.
 */
export function dialectOf(platform: NodeJS.Platform): NetstatDialect {
  const what = `running netstat on ${platform}`;
  const { commands, parsers } = load(what);
  const [command, parse] = [commands[platform], parsers[platform]];
  if (command === undefined || parse === undefined) throw new NotSupportedError(what, 'Linux, macOS or Windows');
  const first = narrower[platform];
  return {
    command: platform === 'win32' ? systemNetstat(command.cmd) : command.cmd,
    arguments: first ? [first, command.args] : [command.args],
    parse: platform === 'darwin' ? (line, visit) => parse(withBrackets(line), visit) : parse,
  };
}

/** macOS writes `::1.80` and `fe80::1%lo0.80`, which the package takes for an address with colons and a port after the last. */
export function withBrackets(line: string): string {
  return line.replaceAll(/(?<=^|\s)([0-9a-f]*:[0-9a-f:.]*(?:%\w+)?)\.(\d+|\*)(?=\s|$)/gi, '[$1]:$2');
}

/** By its full path: Windows looks for programs in the current directory first. */
function systemNetstat(command: string): string {
  const root = process.env.SystemRoot;
  return root === undefined ? command : `${root}\\System32\\${command}`;
}

function load(what: string): NodeNetstat {
  try {
    return createRequire(import.meta.url)('node-netstat') as NodeNetstat;
  } catch (cause) {
    throw new NotSupportedError(what, 'the package node-netstat', { cause });
  }
}
