// npm run soak -- [--minutes=N] [--fault=NAMES | --faults | --list] [--sources=LIST] [--load=N] [--quick] [--json] …
import { parseArgs } from 'node:util';
import { faults } from './all-faults.ts';
import { type FaultResult, faultRun, isTold } from './fault-run.ts';
import { healthy, isWell } from './healthy.ts';
import { quick, usual } from './patience.ts';
import { faultLine, healthyTable } from './table.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    /** How long the healthy service is driven. */
    minutes: { type: 'string', default: '15' },
    /** SYNFIN_SOURCES of each process. */
    sources: { type: 'string', default: 'auto' },
    /** 1 is a couple of hundred requests a second; a fault is planted under a sixth of it. */
    load: { type: 'string', default: '1' },
    /** No network namespace is made: on the loopback of the host. */
    namespace: { type: 'boolean', default: true },
    /** One fault, or several with commas between. */
    fault: { type: 'string' },
    faults: { type: 'boolean', default: false },
    /** So many stages for faults side by side. */
    'at-once': { type: 'string', default: '2' },
    /** Faults with short thresholds, by synfin's own options. The healthy service always has the usual ones. */
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const note = (text: string) => process.stderr.write(`${text}\n`);
const { sources, namespace, list, json } = values;
const load = Number(values.load);
const print = (result: unknown, inWords: string) => console.log(json ? JSON.stringify(result, undefined, 2) : inWords);

if (list)
  for (const [name, { kind, cause }] of Object.entries(faults)) console.log(`${name.padEnd(28)}${kind} ${cause}`);
else if (values.faults || values.fault !== undefined) await plantAll(values.fault?.split(',') ?? Object.keys(faults));
else {
  const result = await healthy({ minutes: Number(values.minutes), sources, load, namespace, note });
  print(result, healthyTable(result));
  process.exitCode = isWell(result) ? 0 : 1;
}

async function plantAll(names: readonly string[]): Promise<void> {
  const patience = values.quick ? quick : usual;
  const waiting = [...names];
  const results: FaultResult[] = [];
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const fault = faults[name];
      if (fault === undefined) throw new Error(`no fault is called ${name}; --list names them`);
      const result = await faultRun(name, fault, { sources, load: load / 6, ...patience });
      results.push(result);
      if (!json) console.log(faultLine(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, lane));
  const missed = results.filter((result) => !isTold(result)).map(({ name }) => name);
  print(
    results,
    missed.length === 0
      ? `${results.length} faults, each told as it should be`
      : `not as it should be: ${missed.join(', ')}`,
  );
  process.exitCode = missed.length === 0 ? 0 : 1;
}
