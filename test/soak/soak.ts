// npm run soak -- [--minutes=N] [--sources=LIST] [--load=N] [--no-namespace] [--json]
import { parseArgs } from 'node:util';
import { healthy, isWell } from './healthy.ts';
import { healthyTable } from './table.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    minutes: { type: 'string', default: '15' },
    /** SYNFIN_SOURCES of each process. */
    sources: { type: 'string', default: 'auto' },
    /** 1 is a couple of hundred requests a second. */
    load: { type: 'string', default: '1' },
    /** On the loopback of the host. */
    namespace: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
});

const note = (text: string) => process.stderr.write(`${text}\n`);
const { sources, namespace } = values;
const result = await healthy({ minutes: Number(values.minutes), sources, load: Number(values.load), namespace, note });
console.log(values.json ? JSON.stringify(result, undefined, 2) : healthyTable(result));
process.exitCode = isWell(result) ? 0 : 1;
