import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { Environment } from './service.ts';

/** The files of examples/otel-collector, with the parts of them that the tests read. */
export const folder = 'examples/otel-collector';
export const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8');

interface Collector {
  readonly receivers: {
    readonly otlp: { readonly protocols: Readonly<Record<string, { readonly endpoint: string }>> };
  };
  readonly processors: {
    readonly memory_limiter: { readonly limit_mib: number };
    readonly 'filter/uneventful': { readonly trace_conditions: readonly string[] };
  };
  readonly exporters: object;
  readonly service: { readonly pipelines: Readonly<Record<string, Readonly<Record<Kind, readonly string[]>>>> };
}
type Kind = 'receivers' | 'processors' | 'exporters';

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Environment;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly securityContext: { readonly capabilities: { readonly drop: readonly string[]; readonly add?: unknown } };
}

interface Pod {
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly initContainers?: readonly (Container & { readonly restartPolicy: string })[];
  readonly containers: readonly Container[];
}

interface Deployment {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly ports?: readonly { readonly port: number }[];
    readonly template?: {
      readonly spec: Pod;
    };
  };
}

export const collector = parse(read('collector.yaml')) as Collector;
export const compose = parse(read('docker-compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<'service' | 'upstream' | 'collector' | 'jaeger', ComposeService>>;
};
export const manifests = ['deployment.yaml', 'upstream.yaml'].flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Deployment),
);
/** The pod of a Deployment, as far as the tests read it. */
export function podOf(name: string): Pod {
  const pod = manifests.find(({ spec, metadata }) => spec.template && metadata.name === name)?.spec.template?.spec;
  assert.ok(pod, name);
  return pod;
}

export const environmentOf = ({ env }: Container): Environment =>
  Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
