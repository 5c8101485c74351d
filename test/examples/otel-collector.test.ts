import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { optionTable } from '../../src/options.ts';
import { attribute, spanName } from '../../src/telemetry/semconv.ts';
import { OtlpReceiver, type ReceivedSpan } from '../system/otlp-receiver.ts';
import { kernelNeeds } from '../system/run.ts';
import { collector, compose, environmentOf, folder, podOf, read } from './collector-files.ts';
import { isDropped, termsOf } from './collector-filter.ts';
import { traffic } from './collector-traffic.ts';
import { Readme } from './readme-commands.ts';
import type { Environment } from './service.ts';

const pod = podOf('express-server');
const [app] = pod.containers;
const [sideCar] = pod.initContainers ?? [];
const [upstream] = podOf('upstream').containers;
assert.ok(app && sideCar && upstream);

const { service } = compose.services;
const environments: Readonly<Record<string, Environment>> = {
  'docker-compose.yaml': service.environment ?? {},
  'deployment.yaml': environmentOf(app),
};

const portOf = (url = ''): string => new URL(url).port;
const receiverPort = (protocol: string): string =>
  collector.receivers.otlp.protocols[protocol]?.endpoint.split(':').at(-1) ?? '';

describe('examples/otel-collector: what must agree', () => {
  it('collector.yaml: each component of a pipeline is defined, and each that is defined is used', () => {
    for (const kind of ['receivers', 'processors', 'exporters'] as const) {
      const used = Object.values(collector.service.pipelines).flatMap((pipeline) => pipeline[kind]);
      assert.deepEqual([...new Set(used)].sort(), Object.keys(collector[kind]).sort(), kind);
    }
    for (const { processors } of Object.values(collector.service.pipelines))
      assert.equal(processors[0], 'memory_limiter');
  });

  it('collector.yaml: each variable without a default is set by both manifests', () => {
    const needed = [...read('collector.yaml').matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name);
    for (const name of needed) {
      assert.ok(compose.services.collector.environment?.[name], name);
      assert.ok(environmentOf(sideCar)[name], name);
    }
  });

  it('the filter: names that synfin has, in the form that is evaluated below', () => {
    const names = new Set<string>(Object.values(attribute));
    const conditions = collector.processors['filter/uneventful'].trace_conditions.map(termsOf);
    for (const terms of conditions)
      for (const { name } of terms) assert.ok(name === undefined || names.has(name), name);
    const spans = conditions.flatMap((terms) => terms.filter(({ name }) => name === undefined));
    assert.deepEqual(
      spans.map(({ value }) => value),
      Object.values(spanName),
    );
  });

  it('ports: what one side sends to, the other listens on', () => {
    for (const environment of Object.values(environments)) {
      const protocol = environment.OTEL_EXPORTER_OTLP_PROTOCOL === 'grpc' ? 'grpc' : 'http';
      assert.equal(portOf(environment.OTEL_EXPORTER_OTLP_ENDPOINT), receiverPort(protocol));
    }
    assert.equal(new URL(service.environment?.OTEL_EXPORTER_OTLP_ENDPOINT ?? '').hostname, 'collector');
    assert.equal(new URL(environmentOf(app).OTEL_EXPORTER_OTLP_ENDPOINT ?? '').hostname, '127.0.0.1');
    assert.equal(portOf(service.environment?.UPSTREAM), compose.services.upstream.environment?.PORT);
    assert.equal(portOf(environmentOf(app).UPSTREAM), environmentOf(upstream).PORT);
    for (const container of [app, upstream])
      assert.equal(environmentOf(container).PORT, String(container.ports?.[0]?.containerPort));
    assert.deepEqual(service.ports, [`127.0.0.1:3000:${service.environment?.PORT}`]);
  });

  it('variables: known to synfin, to the OpenTelemetry SDK, to Node.js, or to the program itself', () => {
    const ours = Object.values(optionTable).map(({ variable }) => variable);
    const programs = sources('examples/express-server', /\.mjs$/);
    const sdk = ['sdk-node', 'sdk-trace', 'otlp-exporter-base', 'core', 'resources'].map((name) =>
      sources(`node_modules/@opentelemetry/${name}/build/src`, /\.js$/),
    );
    for (const [file, environment] of Object.entries(environments))
      for (const name of Object.keys(environment)) {
        const isReferred = Object.values(environment).some((value) => value.includes(`$(${name})`));
        const isKnown = name.startsWith('SYNFIN_')
          ? ours.includes(name)
          : name.startsWith('OTEL_')
            ? sdk.some((text) => text.includes(`'${name}'`))
            : name === 'NODE_OPTIONS' || isReferred || new RegExp(`\\b${name} = `).test(programs);
        assert.ok(isKnown, `${name} in ${file}`);
      }
  });

  it('Kubernetes: nobody is root, nothing is given back, the collector is a side-car within its limit', () => {
    for (const { securityContext, initContainers = [], containers } of [pod, podOf('upstream')]) {
      assert.equal(securityContext.runAsNonRoot, true);
      for (const { name, securityContext, resources } of [...initContainers, ...containers]) {
        assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, name);
        assert.match(resources.limits.memory, /^\d+Mi$/, name);
      }
    }
    assert.equal(sideCar.restartPolicy, 'Always');
    assert.ok(collector.processors.memory_limiter.limit_mib < Number.parseInt(sideCar.resources.limits.memory, 10));
    assert.equal(sideCar.image, compose.services.collector.image);
    assert.equal(environmentOf(app).NODE_OPTIONS, '--import synfin/register');
  });

  it('Kubernetes: kustomize renders it, the configuration whole', { skip: withoutKubectl() }, () => {
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const rendered = parseAllDocuments(stdout).map((document) => document.toJS());
    const map = rendered.find(({ kind }) => kind === 'ConfigMap');
    assert.equal(map.data['collector.yaml'], read('collector.yaml'));
    const deployment = rendered.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'express-server',
    );
    assert.equal(deployment.spec.template.spec.volumes[0].configMap.name, map.metadata.name);
  });

  it('Dockerfile: all that is copied is there and not ignored, and what runs is copied', () => {
    const lines = read('Dockerfile').split('\n');
    const copied = lines.filter((line) => line.startsWith('COPY ')).map((line) => line.split(' ').slice(1));
    const fromHere = copied.filter(([first]) => !first?.startsWith('--from')).flatMap((words) => words.slice(0, -1));
    const fromBuild = copied
      .filter(([first]) => first?.startsWith('--from'))
      .map((words) => words[1]?.slice('/app/'.length));
    for (const path of [...fromHere, ...fromBuild]) assert.ok(existsSync(path ?? ''), path);
    const allowed = read('Dockerfile.dockerignore').split('\n').filter(Boolean);
    assert.deepEqual(allowed, ['*', ...fromHere.map((path) => `!${path}`)]);
    const [, command = '[]'] = /^CMD (.*)$/m.exec(read('Dockerfile')) ?? [];
    for (const [, file = ''] of [JSON.parse(command), compose.services.upstream.command, upstream.command])
      assert.ok(existsSync(file) && fromHere.some((path) => file.startsWith(`${path}/`)), file);
  });

  it('docker-compose.yaml: what it builds from, mounts and depends on is there', () => {
    const { service, upstream, collector } = compose.services;
    for (const { build } of [service, upstream])
      assert.deepEqual(build, { context: '../..', dockerfile: `${folder}/Dockerfile` });
    const [, inside = ''] = collector.volumes?.[0]?.split(':') ?? [];
    assert.deepEqual(collector.volumes, [`./collector.yaml:${inside}:ro`]);
    assert.deepEqual(collector.command, [`--config=${inside}`]);
    for (const name of service.depends_on ?? []) assert.ok(name in compose.services, name);
  });

  it('README: the files that its commands and its table name are there', () => {
    const readme = new Readme('otel-collector');
    const words = [...readme.commands('docker'), ...readme.commands('kubectl')].flatMap((command) => command.words);
    for (const path of words.filter((word) => word.startsWith('examples/'))) assert.ok(existsSync(path), path);
    const named = [...readme.text.matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, file]) => file);
    for (const file of named) assert.ok(existsSync(`${folder}/${file}`), file);
    assert.ok(readme.commands('curl').every(({ words }) => portOf(words[1]) === '3000'));
  });
});

describe('examples/otel-collector: the service with the environment of docker-compose.yaml', {
  skip: kernelNeeds,
}, () => {
  it('the spans arrive; the filter keeps what was reset, retransmitted or failed, and drops nothing else of note', async () => {
    const receiver = await OtlpReceiver.listening();
    try {
      const { stderr } = await traffic(receiver.port);
      assert.match(stderr, /^synfin warning close_wait_leak · fetch_body_not_consumed$/m);
      const tcp = receiver.spans.filter(({ name }) => name.startsWith('tcp.'));
      const kept = tcp.filter((span) => !isDropped(span));
      assert.ok(kept.length < tcp.length);
      for (const span of tcp) assert.equal(kept.includes(span), isNotable(span), JSON.stringify(span.attributes));
      const told = kept.map(({ name, attributes: of }) => `${name} ${of['synfin.tcp.close.type'] ?? of['error.type']}`);
      for (const expected of ['tcp.handshake ECONNREFUSED', 'tcp.teardown rst'])
        assert.ok(told.includes(expected), expected);
      for (const { name } of receiver.spans.filter((span) => !tcp.includes(span))) assert.match(name, /^GET \//);
    } finally {
      receiver.close();
    }
  });
});

function isNotable({ attributes: of }: ReceivedSpan): boolean {
  const sentAgain = Number(of['synfin.tcp.syn.retransmits'] ?? 0) + Number(of['synfin.tcp.retransmits'] ?? 0);
  return of['error.type'] !== undefined || of['synfin.tcp.close.type'] === 'rst' || sentAgain > 0;
}

function sources(path: string, files: RegExp): string {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => files.test(name));
  return names.map((name) => readFileSync(`${path}/${name}`, 'utf8')).join('\n');
}

function withoutKubectl(): string | false {
  return spawnSync('kubectl', ['kustomize', '--help']).status === 0 ? false : 'needs kubectl with kustomize';
}
