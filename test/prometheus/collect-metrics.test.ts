import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { register as globalRegister, Registry } from 'prom-client';
import { collectMetrics } from '../../src/prometheus/prometheus.ts';
import { start } from '../../src/start.ts';
import { metric } from '../../src/telemetry/metric-names.ts';

const all = Object.keys(metric).length;
const quiet = { findings: 'off', spans: 'off' } as const;
const registered = (register: Registry) => register.getMetricsAsArray().length;
const withCode = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof Error && Reflect.get(error, 'code') === code && text.test(error.message);

describe('collectMetrics', () => {
  afterEach(async () => {
    await start(quiet).close();
    globalRegister.clear();
  });

  it("without options → prom-client's global registry, and the agent that runs", async () => {
    const agent = start(quiet);
    const stop = collectMetrics();
    assert.equal(registered(globalRegister), all);
    stop();
    assert.equal(registered(globalRegister), 0);
    assert.equal(start(), agent, 'it runs on');
  });

  it('no agent runs → one does, with the options of the environment', async () => {
    process.env.SYNFIN_FINDINGS = 'off';
    try {
      collectMetrics();
    } finally {
      delete process.env.SYNFIN_FINDINGS;
    }
    const agent = start();
    assert.equal(registered(globalRegister), all);
    await agent.close();
    assert.equal(registered(globalRegister), 0, 'it was the one that runs');
  });

  it('twice for a registry → the same; for another one → there too', () => {
    const agent = start(quiet);
    const [one, other] = [new Registry(), new Registry()];
    const stop = collectMetrics({ register: one, agent });
    assert.equal(collectMetrics({ register: one }), stop);
    assert.notEqual(collectMetrics({ register: other }), stop);
    stop();
    stop();
    assert.deepEqual([registered(one), registered(other)], [0, all]);
    collectMetrics({ register: one });
    assert.equal(registered(one), all);
  });

  it('a registry that was emptied → they are there again', () => {
    start(quiet);
    const register = new Registry();
    collectMetrics({ register });
    register.clear();
    collectMetrics({ register });
    assert.equal(registered(register), all);
  });

  it('the agent is closed → they go; another one is started → they are there when they are asked for', async () => {
    const agent = start(quiet);
    const register = new Registry();
    collectMetrics({ register });
    await agent.close();
    assert.equal(registered(register), 0);
    collectMetrics({ register, agent });
    assert.equal(registered(register), 0, 'it is closed');
    collectMetrics({ register, agent: start(quiet) });
    assert.equal(registered(register), all);
  });

  it('synfin is disabled → nothing', () => {
    const register = new Registry();
    collectMetrics({ register, agent: start({ enabled: false }) })();
    assert.equal(registered(register), 0);
  });

  it('the registry has a metric of such a name → an error that says so, and the registry stays as it was', () => {
    start(quiet);
    const register = new Registry();
    register.registerMetric({ name: 'synfin_finding_count' } as never);
    const refused = withCode('SYNFIN_METRIC_EXISTS', /synfin_finding_count has already been registered/);
    assert.throws(() => collectMetrics({ register }), refused);
    assert.equal(registered(register), 1);
    register.clear();
    collectMetrics({ register });
    assert.equal(registered(register), all);
  });

  it('an option that does not exist, a registry or an agent that is none → an error that says what is taken', () => {
    const wrong = (options: object, text: RegExp) =>
      assert.throws(() => collectMetrics(options), withCode('SYNFIN_BAD_OPTION', text));
    wrong({ registry: globalRegister }, /no option "registry": there are register, agent/);
    start(quiet);
    wrong({ register: {} }, /register takes a registry of prom-client/);
    wrong({ agent: {} }, /agent takes what start\(\) gives back/);
    wrong({ agent: null }, /agent takes what start\(\) gives back/);
  });
});
