import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseXml, textOf } from '../explain/xml.ts';
import { fixture, kernelNeeds, Program } from './run.ts';

const env = { SYNFIN_CLOSE_WAIT_MS: '1500', SYNFIN_FIN_WAIT_2_MS: '60000', SYNFIN_INTERVAL_MS: '200' };

/** The lines of a ladder, without what differs from run to run: times, ports and gaps. */
function outline(ladder: string): string[] {
  const [, , ...lines] = ladder.split('\n');
  return lines.filter((line) => /[├┤○]/.test(line)).map((line) => line.slice(10).trim());
}

describe('the ladder of a real leak, in the middle of a real program', { skip: kernelNeeds }, () => {
  it('server and client see the same segments from their own sides, and the finding has one beneath it', async () => {
    const program = new Program([fixture('ladder.mjs')], { env, limitMs: 60_000 });
    const { stdout, stderr } = await program.ended;
    assert.ok(stdout.startsWith('['), stderr);
    const drawn = JSON.parse(stdout) as [role: string, text: string, svg: string][];
    const ladders = new Map(drawn.map(([role, text]) => [role, outline(text)]));
    assert.deepEqual([...ladders.keys()].toSorted(), ['client', 'server']);
    assert.deepEqual(ladders.get('server'), [
      '(SYN_RECEIVED) │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (SYN_SENT)',
      '├╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)',
      'ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤',
      '│◀──────────── data · 5 B ─────────────┤',
      'CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)',
      '├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)',
      'CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)',
    ]);
    assert.deepEqual(ladders.get('client'), [
      'SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)',
      'ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤',
      '├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)',
      '├──────────── data · 5 B ─────────────▶│',
      '(FIN_WAIT_1) ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (CLOSE_WAIT)',
      'FIN_WAIT_2 │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤',
      'FIN_WAIT_2 │◀················ FIN ················○ (CLOSE_WAIT)',
    ]);
    for (const [, , svg] of drawn) assert.match(textOf(parseXml(svg)), /said goodbye \(FIN\)/);
    assert.match(stderr, /^ {9} +[\d.]+ m?s +CLOSE_WAIT ○·+ FIN ·+▶│ \(FIN_WAIT_2\)$/m);
    assert.match(
      stderr,
      /^ {9} +│ your process has not said goodbye +│\n {9} +│ \(FIN\) +│\n {9} +│ [\d.]+ s and counting +│$/m,
    );
  });
});
