// Ways in which an application comes to an SDK by itself. Each may return what is to be done after the traffic.
const { established } = require('./loopback.cjs');

/** Starts an SDK, and shuts it down when the event loop is empty. */
function started(sdk) {
  sdk.start?.();
  process.once('beforeExit', () => sdk.shutdown().catch(() => {}));
}

async function nodeSdk(load, instrumentations = []) {
  const { NodeSDK } = await load('@opentelemetry/sdk-node');
  started(new NodeSDK({ instrumentations }));
}

async function ours(load) {
  const { SynfinInstrumentation } = await load('synfin');
  return new SynfinInstrumentation();
}

async function auto(load) {
  const { getNodeAutoInstrumentations } = await load('@opentelemetry/auto-instrumentations-node');
  return getNodeAutoInstrumentations();
}

async function theirs(load) {
  const { NetInstrumentation } = await load('@opentelemetry/instrumentation-net');
  const { HttpInstrumentation } = await load('@opentelemetry/instrumentation-http');
  const { UndiciInstrumentation } = await load('@opentelemetry/instrumentation-undici');
  return [new NetInstrumentation(), new HttpInstrumentation(), new UndiciInstrumentation()];
}

module.exports = {
  'no SDK': () => {},
  'an SDK': (load) => nodeSdk(load),
  synfin: async (load) => nodeSdk(load, [await ours(load)]),
  'auto, synfin': async (load) => nodeSdk(load, [await auto(load), await ours(load)]),
  'synfin, auto': async (load) => nodeSdk(load, [await ours(load), await auto(load)]),
  theirs: async (load) => nodeSdk(load, await theirs(load)),
  'theirs, synfin': async (load) => nodeSdk(load, [...(await theirs(load)), await ours(load)]),
  'synfin, theirs': async (load) => nodeSdk(load, [await ours(load), ...(await theirs(load))]),

  // Its name is startNodeSDK in 2.x, and startNodeSdk from 3.x on.
  startNodeSdk: async (load) => {
    const { startNodeSDK, startNodeSdk = startNodeSDK } = await load('@opentelemetry/sdk-node');
    started(startNodeSdk({ instrumentations: [await ours(load)] }));
  },

  'an SDK after the first socket': async (load) => {
    const connection = await established(load);
    await nodeSdk(load);
    return connection.end;
  },
};
