import type { FaultResult } from './fault-run.ts';
import { type HealthyResult, slowestMs, starvedMs } from './healthy.ts';

/** What was driven, what was told, and what it cost, for people. */
export function healthyTable(result: HealthyResult): string {
  const { parts, told, broken, deployed } = result;
  const where = result.namespace ? 'in a network namespace of its own' : 'on the loopback of the host';
  const lines = [`healthy for ${result.minutes} min, --sources ${result.sources}, ${where}`, ''];
  const did = new Map<string, number>([['deployments of a replica', deployed]]);
  for (const { end } of parts)
    for (const [what, times] of Object.entries(end.did)) did.set(what, (did.get(what) ?? 0) + times);
  for (const [what, times] of [...did].sort()) lines.push(`${what.padEnd(64)}${count(times, what).padStart(14)}`);
  lines.push(
    '',
    'process       RSS MB        heap MB     loop p99 ms  slowest ms   looks   cpu ms   every ms   source',
  );
  for (const { name, start, end, slowestMs } of parts) {
    const source = end.sources.find(({ looks = 0 }) => looks > 0);
    const { looks = 0, cpuMs = 0, everyMs = 0 } = source ?? {};
    lines.push(
      [
        name.padEnd(12),
        `${start.rssMb.toFixed(0)} → ${end.rssMb.toFixed(0)}`.padStart(11),
        `${start.heapMb.toFixed(0)} → ${end.heapMb.toFixed(0)}`.padStart(13),
        end.loopP99Ms.toFixed(1).padStart(13),
        slowestMs.toFixed(0).padStart(12),
        `${looks}`.padStart(8),
        cpuMs.toFixed(0).padStart(9),
        everyMs.toFixed(0).padStart(11),
        `   ${source?.name ?? 'none'}`,
      ].join(''),
    );
  }
  for (const { part, finding } of told)
    lines.push('', `FALSE ALARM in ${part}: ${JSON.stringify(finding, undefined, 2)}`);
  for (const text of broken) lines.push('', `BROKEN: ${text}`);
  if (result.lost > 0) lines.push('', `LOST: ${result.lost} (agent.sources())`);
  if (result.blind.length > 0) lines.push('', `NOT LOOKED AT: ${result.blind.join(', ')}`);
  if (slowestMs(result) > starvedMs)
    lines.push(
      '',
      `NOT FIT: a process did not answer for ${(slowestMs(result) / 1000).toFixed(0)} s; this host is too busy`,
    );
  lines.push('', told.length === 0 ? 'no finding' : `${told.length} findings were told`);
  return lines.join('\n');
}

function count(times: number, what: string): string {
  return what.startsWith('bytes') ? `${(times / 1e6).toFixed(1)} MB` : `${times}`;
}

/** What came of one fault, for people. */
export function faultLine({ name, fault, skipped, afterS, words, others, broken }: FaultResult): string {
  const expected = `${fault.kind} ${fault.cause}`;
  const told = skipped ?? (afterS === undefined ? 'NEVER TOLD' : `told after ${afterS.toFixed(1)} s`);
  const lines = [`${name.padEnd(28)}${expected.padEnd(48)}${told}`];
  if (words !== undefined) lines.push(`    ${words}`);
  for (const finding of others) lines.push(`  ALSO TOLD: ${JSON.stringify(finding, undefined, 2)}`);
  for (const text of broken) lines.push(`  BROKEN: ${text}`);
  return lines.join('\n');
}
