import { line, recorder } from './record.ts';

/** Records a line, and ends after so many turns of the event loop. */
const [path = '', turns = '0'] = process.argv.slice(2);
recorder(path).write(line(1));
for (let turn = 0; turn < Number(turns); turn++) await new Promise((done) => setImmediate(done));
process.exit();
