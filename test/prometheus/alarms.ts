import type { RunningPrometheus } from './programs.ts';

interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly value: string;
}

/** A rule that spoke of one service. */
export interface Alarm {
  readonly job: string;
  /** `name severity`. */
  readonly rule: string;
  readonly summary: string;
  readonly description: string;
  /** Of its expression when it was first seen to fire. */
  readonly value: number;
  /** Seconds after the first look. */
  readonly firedAt: number;
  resolvedAt: number | undefined;
}

const everyMs = 500;

/** Which alerts fire, for whom, from when to when, by Prometheus's own word. */
export class Alarms {
  readonly all = new Map<string, Alarm>();
  readonly #prometheus: RunningPrometheus;
  readonly #begun = Date.now();

  constructor(prometheus: RunningPrometheus) {
    this.#prometheus = prometheus;
  }

  /** Looks again and again until it is so; false after so many seconds without. */
  async until(isSo: () => boolean, seconds: number): Promise<boolean> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      await this.#look();
      if (isSo()) return true;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    return false;
  }

  /** Those of a job, fired since the start. */
  of(job: string): readonly Alarm[] {
    return [...this.all.values()].filter((alarm) => alarm.job === job);
  }

  hasFired(job: string, rule: string): boolean {
    return this.all.has(`${job} ${rule}`);
  }

  isFiring(job: string, rule: string): boolean {
    const alarm = this.all.get(`${job} ${rule}`);
    return alarm !== undefined && alarm.resolvedAt === undefined;
  }

  /** Seconds since the start. */
  get now(): number {
    return Math.round((Date.now() - this.#begun) / 100) / 10;
  }

  async #look(): Promise<void> {
    const { alerts } = await this.#prometheus.api<{ alerts: readonly Told[] }>('/api/v1/alerts');
    const firing = new Set<string>();
    for (const { labels, annotations, state, value } of alerts) {
      if (state !== 'firing') continue;
      const { job = '', alertname, severity } = labels;
      const rule = `${alertname} ${severity}`;
      const key = `${job} ${rule}`;
      firing.add(key);
      const before = this.all.get(key);
      if (before) before.resolvedAt = undefined;
      else
        this.all.set(key, {
          ...{ job, rule, value: Number(value), firedAt: this.now, resolvedAt: undefined },
          ...{ summary: annotations.summary ?? '', description: annotations.description ?? '' },
        });
    }
    for (const [key, alarm] of this.all) if (!firing.has(key)) alarm.resolvedAt ??= this.now;
  }
}
