import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SynfinError } from '../src/errors.ts';
import { type Options, optionTable, readOptions, type SynfinOptions } from '../src/options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const names = Object.keys(optionTable) as (keyof Options)[];

function read(given: SynfinOptions, environment: Environment = {}): { options: Options; notices: string[] } {
  const notices: string[] = [];
  return { options: readOptions(given, environment, (message) => notices.push(message)), notices };
}

const defaults: Options = {
  enabled: true,
  sources: 'auto',
  intervalMs: 5000,
  closeWaitMs: 30_000,
  unreadMs: 60_000,
  finWait2Ms: 30_000,
  handshakeMs: 10_000,
  stuckWriteMs: 60_000,
  timeWaitShare: 0.5,
  callSites: 'sample',
  spans: 'all',
  findings: 'text',
  language: 'en',
  onLeak: 'report',
  cpuBudget: 0.01,
  maxConnections: 100_000,
  maxSpansPerSecond: 500,
  ignore: [],
  startSdk: false,
  record: '',
  recordPseudonyms: false,
};

/** Of all variables, the one that is not spelled like its option (contract, section 4). */
const spelledApart: Readonly<Record<string, string>> = { language: 'SYNFIN_LANG' };

describe('the table of options', () => {
  for (const name of names)
    it(`${name}: a variable SYNFIN_*, its words, and a default that is accepted`, () => {
      const { variable, doc, accepts, check, default: value } = optionTable[name];
      const alike = `SYNFIN_${name.replaceAll(/[A-Z\d]/g, (letter) => `_${letter}`).toUpperCase()}`;
      assert.equal(variable, spelledApart[name] ?? alike);
      assert.ok(doc.length > 0 && accepts.length > 0);
      assert.deepEqual(check(value), value);
    });
});

describe('readOptions', () => {
  it('nothing said → the defaults of the contract, and not a word', () => {
    assert.deepEqual(read({}), { options: defaults, notices: [] });
  });

  it('empty variables and undefined options are nothing said', () => {
    const environment = Object.fromEntries(names.map((name) => [optionTable[name].variable, '']));
    assert.deepEqual(read({ intervalMs: undefined } as object, environment), { options: defaults, notices: [] });
  });

  it('frozen', () => assert.ok(Object.isFrozen(read({}).options)));

  it('code over variable over default', () => {
    const environment = { SYNFIN_INTERVAL_MS: '1000', SYNFIN_UNREAD_MS: '2000' };
    const { options } = read({ intervalMs: 50 }, environment);
    assert.deepEqual([options.intervalMs, options.unreadMs, options.closeWaitMs], [50, 2000, 30_000]);
  });

  for (const [variable, text, name, value] of [
    ['SYNFIN_ENABLED', 'false', 'enabled', false],
    ['SYNFIN_ENABLED', 'FALSE', 'enabled', false],
    ['SYNFIN_ENABLED', '0', 'enabled', false],
    ['SYNFIN_ENABLED', ' 1 ', 'enabled', true],
    ['SYNFIN_SOURCES', 'auto', 'sources', 'auto'],
    ['SYNFIN_SOURCES', 'sock_diag', 'sources', ['sock_diag']],
    ['SYNFIN_SOURCES', 'ebpf, sock_diag', 'sources', ['ebpf', 'sock_diag']],
    ['SYNFIN_INTERVAL_MS', '10', 'intervalMs', 10],
    ['SYNFIN_INTERVAL_MS', '3600000', 'intervalMs', 3_600_000],
    ['SYNFIN_CLOSE_WAIT_MS', '0', 'closeWaitMs', 0],
    ['SYNFIN_UNREAD_MS', '86400000', 'unreadMs', 86_400_000],
    ['SYNFIN_CALL_SITES', 'off', 'callSites', 'off'],
    ['SYNFIN_CALL_SITES', 'ALL', 'callSites', 'all'],
    ['SYNFIN_SPANS', 'off', 'spans', 'off'],
    ['SYNFIN_FINDINGS', 'json', 'findings', 'json'],
    ['SYNFIN_MAX_CONNECTIONS', '1', 'maxConnections', 1],
    ['SYNFIN_RECORD', '/var/tmp/App 1.ndjson', 'record', '/var/tmp/App 1.ndjson'],
    ['SYNFIN_RECORD_PSEUDONYMS', 'true', 'recordPseudonyms', true],
  ] as const)
    it(`${variable}=${text} → ${name} ${JSON.stringify(value)}`, () => {
      const { options, notices } = read({}, { [variable]: text });
      assert.deepEqual(options[name], value);
      assert.deepEqual(notices, []);
    });

  for (const [variable, text] of [
    ['SYNFIN_ENABLED', 'yes'],
    ['SYNFIN_ENABLED', 'constructor'],
    ['SYNFIN_SOURCES', 'sock_diag,magic'],
    ['SYNFIN_SOURCES', ','],
    ['SYNFIN_INTERVAL_MS', '9'],
    ['SYNFIN_INTERVAL_MS', '3600001'],
    ['SYNFIN_INTERVAL_MS', '5s'],
    ['SYNFIN_INTERVAL_MS', '1e3'],
    ['SYNFIN_CLOSE_WAIT_MS', '-1'],
    ['SYNFIN_CLOSE_WAIT_MS', '86400001'],
    ['SYNFIN_UNREAD_MS', '1.5'],
    ['SYNFIN_CALL_SITES', 'some'],
    ['SYNFIN_FINDINGS', 'xml\nand more'],
    ['SYNFIN_MAX_CONNECTIONS', '0'],
    ['SYNFIN_RECORD', 'a\0b'],
    ['SYNFIN_RECORD_PSEUDONYMS', 'addresses'],
  ] as const)
    it(`${variable}=${JSON.stringify(text)} → one line with variable, text and what is accepted; the default`, () => {
      const { options, notices } = read({}, { [variable]: text });
      const row = Object.values(optionTable).find((one) => one.variable === variable);
      assert.deepEqual(options, defaults);
      assert.equal(notices.length, 1);
      for (const part of [variable, JSON.stringify(text), row?.accepts ?? '?']) assert.ok(notices[0]?.includes(part));
      assert.doesNotMatch(notices[0] ?? '', /\n/);
    });

  it('any text for any variable → a value that is accepted, or one line and the default', () => {
    const text = fc.oneof(fc.string(), fc.nat().map(String), fc.constantFrom('__proto__', 'toString', 'valueOf', 'on'));
    fc.assert(
      fc.property(fc.constantFrom(...names), text, (name, said) => {
        const { options, notices } = read({}, { [optionTable[name].variable]: said });
        if (notices.length === 0) assert.deepEqual(optionTable[name].check(options[name]), options[name]);
        else assert.deepEqual([options, notices.length, notices[0]?.includes('\n')], [defaults, 1, false]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a wrong option in code', () => {
  const wrong = (given: object) => () => read(given);
  const because = (pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof SynfinError);
    assert.equal(error.code, 'SYNFIN_BAD_OPTION');
    assert.match(error.message, pattern);
    return true;
  };

  it('a value that is not accepted → SYNFIN_BAD_OPTION with its name, what it takes and what was given', () => {
    assert.throws(wrong({ intervalMs: 9 }), because(/intervalMs.*from 10 to 3600000.*9/));
    assert.throws(wrong({ intervalMs: '5000' }), because(/intervalMs.*"5000"/));
    assert.throws(wrong({ enabled: 'true' }), because(/enabled.*true or false/));
    assert.throws(wrong({ sources: [] }), because(/sources/));
    assert.throws(wrong({ sources: ['sock_diag', 'magic'] }), because(/sources.*magic/));
    assert.throws(wrong({ callSites: null }), because(/callSites.*off, sample, all.*null/));
    assert.throws(wrong({ maxConnections: Number.NaN }), because(/maxConnections/));
  });

  it('an option that there is not → SYNFIN_BAD_OPTION with those that there are', () => {
    assert.throws(wrong({ interval: 5000 }), because(/"interval".*intervalMs/));
    assert.throws(wrong({ toString: 1 }), because(/"toString"/));
  });

  it('any value for any option → a value, or SYNFIN_BAD_OPTION: nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything({ withBigInt: true }), (name, value) => {
        try {
          read({ [name]: value });
        } catch (error) {
          because(new RegExp(name))(error);
        }
      }),
      { examples: [['intervalMs', 5n]] },
    );
  });
});
