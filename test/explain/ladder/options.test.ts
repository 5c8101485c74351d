import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../../src/connection/view.ts';
import { columnsOf } from '../../../src/explain/columns.ts';
import { explain } from '../../../src/explain/explain.ts';
import { ladderBeneath } from '../../../src/explain/ladder/beneath.ts';
import { addressWithin } from '../../../src/explain/ladder/labels.ts';
import { ladderText } from '../../../src/explain/ladder/text.ts';
import { duration } from '../../../src/explain/ladder/times.ts';
import { ladderTongue } from '../../../src/explain/ladder/tongue.ts';
import { endpoint } from '../../../src/tcp/endpoint.ts';
import * as say from '../../connection/observations.ts';
import { seconds } from '../../connection/observations.ts';
import { watch } from '../../connection/watch.ts';
import { finding, sampled } from '../findings.ts';
import { type Life, lives, viewOfLife } from './lives.ts';

const leak = viewOfLife(lives['leak in CLOSE_WAIT']);

describe('the ladder as text', () => {
  it('in ASCII: the same in characters that every terminal has', () => {
    assert.equal(
      `\n${ladderText(leak, { charset: 'ascii' })}`,
      `
               this process - client                      peer - server
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) |                                      | (LISTEN)
      0 s       SYN_SENT |---------------- SYN ---------------->| (SYN_RECEIVED)
   +20 ms    ESTABLISHED |<- - - - - - -  SYN+ACK - - - - - - - |
     +0 s                |- - - - - - - -  ACK - - - - - - - - >| (ESTABLISHED)
                         |----------- data - 312 B ------------>|
                         |<---------- data - 38000 B -----------|
                         :                4.18 s                :
    4.2 s     CLOSE_WAIT |<- - - - - - - -  FIN - - - - - - - - | (FIN_WAIT_1)
     +0 s                |- - - - - - - -  ACK - - - - - - - - >| (FIN_WAIT_2)
                         :                 34 s                 :
   38.2 s     CLOSE_WAIT o................ FIN ................>| (FIN_WAIT_2)
                         | your process has not said goodbye    |
                         | (FIN), nor read 38000 B              |
                         | 34 s and counting                    |

  - - and ( ): not seen, it follows from what was seen.
`,
    );
  });

  it('in Chinese: both lifelines straight, however many digits a time has', () => {
    for (const rttUs of [30, 1230, 12_300, 123_000]) {
      const { tell, connection } = watch();
      tell(say.connecting(1, 10), say.connected(1, 10.5, { info: say.tcpInfo('established', { rttUs }) }));
      const lines = ladderText(viewOf(connection(), seconds(11)), { language: 'zh' }).split('\n');
      for (const line of lines.slice(2, 7)) assert.equal(columnsOf(line.slice(0, line.search(/[│├┊]/))), 25, line);
    }
  });

  it('what a terminal would obey is not in it, nor what breaks a line or turns it round', () => {
    const hostile = '\u001b[31m\u0007\n\r\t\u009b1m\u202e\u2028\u2066';
    const life = viewOfLife(lives['given up by the kernel']);
    const there = endpoint(`db${hostile}`, 80);
    for (const compact of [true, false]) {
      const text = ladderText({ ...life, error: `E${hostile}`, local: there, peer: there }, { compact });
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.match(text, /\(E\?\[31m/);
      assert.match(text, /db\?\[31m/);
    }
  });

  it('in Chinese: characters of two columns, and both lifelines straight', () => {
    assert.equal(
      `\n${ladderText(leak, { language: 'zh' })}`,
      `
                  本进程 · 客户端                         对端 · 服务端
                  10.0.0.1:40001                           10.0.0.2:80
                (CLOSED) │                                      │ (LISTEN)
     0 秒       SYN_SENT ├──────────────── SYN ────────────────▶│ (SYN_RECEIVED)
 +20 毫秒    ESTABLISHED │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌ SYN+ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
    +0 秒                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── 数据 · 312 B ────────────▶│
                         │◀────────── 数据 · 38000 B ───────────┤
                         ┊               4.18 秒                ┊
   4.2 秒     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
    +0 秒                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                34 秒                 ┊
  38.2 秒     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ 你的进程还没有说再见（FIN），还有    │
                         │ 38000 B 没有读                       │
                         │ 已经 34 秒，还在等                   │

  ╌ 和 ( )：没有直接看到，由看到的推出。
`,
    );
  });

  it('compact: the handshake is one rung, and the teardown is whole', () => {
    assert.equal(
      `\n${ladderText(leak, { compact: true })}`,
      `
               this process · client                      peer · server
                  10.0.0.1:40001                           10.0.0.2:80
    20 ms    ESTABLISHED ├╌╌╌╌╌╌╌╌╌ handshake · 20 ms ╌╌╌╌╌╌╌╌╌▶│ (ESTABLISHED)
                         ├─────────── data · 312 B ────────────▶│
                         │◀────────── data · 38000 B ───────────┤
                         ┊                4.18 s                ┊
    4.2 s     CLOSE_WAIT │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ FIN ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤ (FIN_WAIT_1)
     +0 s                ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ACK ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▶│ (FIN_WAIT_2)
                         ┊                 34 s                 ┊
   38.2 s     CLOSE_WAIT ○················ FIN ················▶│ (FIN_WAIT_2)
                         │ your process has not said goodbye    │
                         │ (FIN), nor read 38000 B              │
                         │ 34 s and counting                    │
`,
    );
  });

  it('an IPv6 address without room gives way in its middle: both ends of it and the port stay', () => {
    const long = endpoint('2001:1db8:85a3:18d3:1319:8a2e:1370:7348', 54_321);
    assert.equal(addressWithin(long, 35), '[2001:1db8:85a3:18…1370:7348]:54321');
    const [, ends = ''] = ladderText({ ...leak, local: long, peer: long }).split('\n');
    assert.ok(columnsOf(ends) <= 80 && ends.split(']:54321').length === 3, ends);
    assert.equal(addressWithin(endpoint('::1', 80), 35), '[::1]:80');
  });

  it('every life in both languages and both sets of characters is at most 80 columns wide', () => {
    for (const life of Object.values<Life>(lives))
      for (const language of ['en', 'zh'] as const)
        for (const charset of ['unicode', 'ascii'] as const)
          for (const line of ladderText(viewOfLife(life), { language, charset }).split('\n'))
            assert.ok(columnsOf(line) <= 80, line);
  });
});

describe('times on a ladder', () => {
  it('three digits that count, in the unit that suits', () => {
    const { units } = ladderTongue('en');
    const told = [0, 0.000_06, 0.0204, 0.999, 1, 34.21, 119.9, 120, 7199, 7200, 172_799, 172_800];
    assert.deepEqual(
      told.map((time) => duration(time, units)),
      ['0 s', '0.06 ms', '20.4 ms', '999 ms', '1 s', '34.2 s', '120 s', '2 min', '120 min', '2 h', '48 h', '2 d'],
    );
  });
});

describe('beneath a finding', () => {
  const { tell, tracker } = watch();
  tell(...lives['leak in CLOSE_WAIT'].observations);
  const beneath = (fields: Parameters<typeof finding>[0]) =>
    ladderBeneath(explain(finding(fields)), tracker.suspects(), seconds(48.2), 'en');
  const sample = [sampled(1, { connection_id: '101' }), sampled(2)];

  it('raised → the compact ladder of the first connection that it names, indented like its rows', () => {
    const [connection] = tracker.suspects();
    assert.ok(connection);
    const plain = ladderText(viewOf(connection, seconds(48.2)), { compact: true });
    assert.equal(beneath({ sample }), plain.replace(/^(?=.)/gm, ' '.repeat(9)));
  });

  it('changed, cleared, of no connection, or of one that is not in trouble → nothing', () => {
    assert.equal(beneath({ sample, status: 'changed' }), '');
    assert.equal(beneath({ sample, status: 'cleared' }), '');
    assert.equal(beneath({ sample: [] }), '');
    assert.equal(beneath({ sample: [sampled(2)] }), '');
  });
});
