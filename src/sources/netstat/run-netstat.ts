import type { ChildProcess } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';
import { SynfinError } from '../../errors.ts';
import type { Instant } from '../../tcp/identity.ts';
import { Lines } from '../lines.ts';
import type { PacedLook } from '../pace.ts';

export interface RunOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly look: PacedLook;
  /** After this long the command is ended. */
  readonly limitMs: number;
  /** Takes each line; called within a slice of the look. */
  readonly line: (text: string) => void;
}

/** So much output is read; a million sockets are fewer. */
const mostBytes = 128 * 1024 * 1024;

/**
 * Runs a command and reads its output line by line, in slices, for no longer than the limit. The package's own runner
 * has neither limit nor end, and throws what goes wrong at nobody. The command does not keep this process alive.
 * Resolves with why it did not end well; undefined when it did, and also when the signal aborted it.
 */
export async function runCommand(options: RunOptions): Promise<SynfinError | undefined> {
  const { command, now, signal, look, limitMs } = options;
  if (signal.aborted) return undefined;
  const attempt = [command, ...options.arguments].join(' ');
  const startedAt = now();
  const child = spawn(options);
  if (child instanceof Error) return failed(attempt, child.message, child);
  let why: string | undefined;
  const kill = () => {
    child.kill('SIGKILL');
    // Whoever else holds the other end is not waited for.
    child.stdout?.destroy();
  };
  const limit = setTimeout(() => {
    why = `it was not over after ${limitMs / 1000} s`;
    kill();
  }, limitMs).unref();
  signal.addEventListener('abort', kill, { once: true });
  const ended = endOf(child);
  try {
    const unread = await readLines(child, options, kill);
    const end = await ended;
    const reason = why ?? unread ?? end;
    return signal.aborted || reason === undefined ? undefined : failed(attempt, reason);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', kill);
    // The child's CPU time cannot be asked for: it is not more than this.
    look.inChild(now() - startedAt);
  }
}

function spawn({ command, arguments: args, look }: RunOptions): ChildProcess | Error {
  look.slices.begin();
  try {
    // Loaded only here: no application pays for it at its start.
    const childProcess = process.getBuiltinModule('node:child_process');
    const child = childProcess.spawn(command, args, {
      // Words of the C locale: `ESTABLISHED`, not `VERBUNDEN`.
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    child.unref();
    (child.stdout as { unref?: () => void } | null)?.unref?.();
    return child;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    look.slices.end();
  }
}

/** How it ended, in words; undefined when well. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`it could not be run: ${error.message}`));
    child.on('exit', (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`));
  });
}

async function readLines(child: ChildProcess, options: RunOptions, kill: () => void): Promise<string | undefined> {
  const { look, signal, line } = options;
  const lines = new Lines();
  const waiting: string[] = [];
  const keep = (bytes: Uint8Array, start: number, end: number) =>
    void waiting.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'));
  let length = 0;
  try {
    for await (const chunk of child.stdout ?? []) {
      look.slices.begin();
      length += (chunk as Buffer).length;
      if (length > mostBytes) {
        kill();
        return `it printed more than ${mostBytes} bytes`;
      }
      lines.push(chunk as Buffer, keep);
      for (const text of waiting.splice(0)) {
        if (look.slices.isOver()) await look.slices.rest();
        if (signal.aborted) return undefined;
        line(text);
      }
      look.slices.end();
    }
    lines.end(keep);
    for (const text of waiting.splice(0)) line(text);
    return undefined;
  } catch (error) {
    return `its output could not be read: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    look.slices.end();
  }
}

function failed(attempt: string, why: string, cause?: unknown): SynfinError {
  return new SynfinError('SYNFIN_SOURCE_FAILED', `running ${attempt}: ${why}`, { cause });
}
