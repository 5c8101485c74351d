import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Netns } from '../../bench/netns.ts';
import type { Driven } from './clients.ts';
import { Part } from './part.ts';
import type { ServicePorts } from './service.ts';
import type { UpstreamPorts } from './upstream.ts';

export interface StageOptions {
  /** Each process is watched, or the service alone. */
  readonly watchAll: boolean;
  /** For each process that is watched. */
  readonly env: Readonly<Record<string, string>>;
  /** 1 is a couple of hundred requests a second. */
  readonly load: number;
  /** The longest that a healthy end takes nothing while something waits for it. */
  readonly stillMs?: number;
  /** In a network namespace of its own where that can be made; else on the loopback of the host. */
  readonly namespace: boolean;
  /** Shell commands in that namespace before anything runs there. */
  readonly before?: readonly string[];
}

/** One replica gives way to the next so often. */
const deployEveryMs = 20_000;

/** A service, what it depends on, and who uses it, at work. */
export class Stage {
  readonly service: Part;
  readonly parts: Part[] = [];
  readonly servicePorts: ServicePorts;
  readonly upstreamPorts: UpstreamPorts;
  /** What runs a command where all this is. */
  readonly through: readonly string[];
  readonly #stop = new AbortController();
  readonly #netns: Netns | undefined;
  deployed = 0;

  static async begin(options: StageOptions): Promise<Stage> {
    const made = options.namespace ? await Netns.make() : 'not asked for';
    const netns = typeof made === 'string' ? undefined : made;
    const parts: Part[] = [];
    const through = netns?.through ?? [];
    const start = (name: string, watched = options.watchAll): Part => {
      const soak = { SOAK_LOAD: `${options.load}`, ...(options.stillMs && { SOAK_STILL_MS: `${options.stillMs}` }) };
      const part = new Part(name, { watched, through, env: { ...soak, ...options.env } });
      parts.push(part);
      return part;
    };
    try {
      const [enter, ...args] = through;
      if (enter) await promisify(execFile)(enter, [...args, 'sh', '-ec', (options.before ?? []).join('\n')]);
      const [upstream, replica, service, clients] = [
        start('upstream'),
        start('replica'),
        start('service', true),
        start('clients'),
      ];
      const clustered = options.watchAll ? start('clustered') : undefined;
      const replicaPort = await replica.ask<number>('listen', { port: 0 });
      const ports = await upstream.ask<UpstreamPorts>('listen');
      const servicePorts = await service.ask<ServicePorts>('listen', { upstream: ports, replica: replicaPort });
      const cluster = await clustered?.ask<number>('listen');
      await clients.ask('drive', { service: servicePorts, cluster } satisfies Driven);
      const stage = new Stage(service, parts, servicePorts, ports, netns);
      void stage.#deploy(start, replica, replicaPort).catch(() => {});
      return stage;
    } catch (error) {
      for (const part of parts) void part.stop();
      netns?.end();
      throw error;
    }
  }

  private constructor(
    service: Part,
    parts: Part[],
    servicePorts: ServicePorts,
    upstreamPorts: UpstreamPorts,
    netns: Netns | undefined,
  ) {
    this.service = service;
    this.parts = parts;
    this.servicePorts = servicePorts;
    this.upstreamPorts = upstreamPorts;
    this.#netns = netns;
    this.through = netns?.through ?? [];
  }

  get hasNamespace(): boolean {
    return this.#netns !== undefined;
  }

  /** Those that should be alive and are not, with what they said. */
  get broken(): readonly string[] {
    return this.parts
      .filter(({ over }) => over !== undefined)
      .map(({ name, over, stderr }) => `${name} ${over}\n${stderr}`);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.parts.map((part) => part.stop()));
    this.#netns?.end();
  }

  /** SIGTERM, drain, exit; then the next one comes up in its place. What it was told stays with the stage. */
  async #deploy(start: (name: string) => Part, first: Part, port: number): Promise<void> {
    const { signal } = this.#stop;
    for (let replica = first; ; ) {
      await sleep(deployEveryMs, undefined, { signal, ref: false });
      this.parts.splice(this.parts.indexOf(replica), 1);
      this.#retired.push(replica);
      await replica.stop('SIGTERM');
      if (signal.aborted) return;
      replica = start('replica');
      await replica.ask('listen', { port });
      this.deployed++;
    }
  }

  readonly #retired: Part[] = [];

  /** All that was told by whomever. */
  get told() {
    return [...this.#retired, ...this.parts].flatMap((part) =>
      part.told.map((finding) => ({ part: part.name, finding })),
    );
  }
}
