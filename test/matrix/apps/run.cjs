// What app.mjs and app.cjs do: set an SDK up, or none; go the ways, each in a span of its own; end. `load` is theirs, so
// that packages come as the application's kind of module.
const connections = require('./connections.cjs');
const leaks = require('./leaks.cjs');
const processes = require('./processes.cjs');
const requests = require('./requests.cjs');
const setups = require('./setups.cjs');

const ways = { ...connections, ...requests, ...processes, ...leaks };
const all = Object.keys(connections);

const endings = {
  'by itself': () => {},
  'with an exit code': () => {
    process.exitCode = 3;
  },
  'by process.exit()': () => process.exit(3),
};

const [setup = 'no SDK', names = 'all', ending = 'by itself'] = process.argv.slice(2);

module.exports = async function run(load) {
  const after = await setups[setup](load);
  const { trace } = await load('@opentelemetry/api');
  const chosen = names === 'all' ? all : names.split(' + ');
  for (const name of chosen)
    await trace.getTracer('app').startActiveSpan(name, async (span) => {
      await ways[name](load);
      span.end();
    });
  await after?.();
  console.log(JSON.stringify({ done: chosen }));
  endings[ending]();
};
