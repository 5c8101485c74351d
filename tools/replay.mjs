// npm run replay -- FILE... [--json] [--speed N]: tells what was found in what was recorded, with option `record`;
// in Chinese with SYNFIN_LANG=zh.
import { replayCommand } from '../dist/replay.js';

// Whoever reads has read enough, `| head`: there was something to read.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 1 : 2));
process.exitCode = await replayCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  language: process.env.SYNFIN_LANG === 'zh' ? 'zh' : 'en',
  width: Math.min(process.stdout.columns ?? 100, 100),
});
