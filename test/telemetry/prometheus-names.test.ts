import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { metric } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-names.ts';

const named = (name: keyof typeof metric) => prometheusName(name, metric[name]);

describe('the name that Prometheus has for a metric', () => {
  it('a counter of things → _total, without their unit', () => {
    assert.equal(named('synfin.tcp.connection.leaks'), 'synfin_tcp_connection_leaks_total');
  });
  it('a counter of seconds → _seconds_total', () => {
    assert.equal(named('synfin.source.cpu.time'), 'synfin_source_cpu_time_seconds_total');
  });
  it('a histogram of seconds → _seconds', () => {
    assert.equal(named('synfin.tcp.handshake.duration'), 'synfin_tcp_handshake_duration_seconds');
  });
  it('a share → _ratio', () => {
    assert.equal(named('synfin.tcp.ephemeral_port.utilization'), 'synfin_tcp_ephemeral_port_utilization_ratio');
  });
  it('a number of things that goes up and down → nothing', () => {
    assert.equal(named('synfin.tcp.connection.count'), 'synfin_tcp_connection_count');
  });
  it('no two metrics have one', () => {
    const all = (Object.keys(metric) as (keyof typeof metric)[]).map(named);
    assert.equal(new Set(all).size, all.length);
  });
  it('of an attribute: what is no letter, digit or underscore becomes one', () => {
    assert.equal(prometheusLabel('network.peer.port'), 'network_peer_port');
  });
});
