// npm run replay -- FILE... [--json] [--speed N]: tells what was found in what was recorded, with option `record`.
import { replayCommand } from '../dist/replay.js';

process.exitCode = await replayCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  width: Math.min(process.stdout.columns ?? 100, 100),
});
