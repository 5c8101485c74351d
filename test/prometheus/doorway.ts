import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SickService } from './sick-service.ts';

/**
 * Where Prometheus scrapes those whom it cannot reach, each in a network namespace of its own: `/name` is passed on to
 * the socket in the file system where that one's metrics are. A failure is passed on as one.
 */
export class Doorway {
  readonly #server;

  private constructor(services: ReadonlyMap<string, SickService>) {
    this.#server = createServer(async (request, response) => {
      const service = services.get(request.url?.slice(1) ?? '');
      try {
        const text = await service?.metrics();
        response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
      } catch (error) {
        response.writeHead(503).end(`${error}`);
      }
    });
  }

  static async open(services: ReadonlyMap<string, SickService>): Promise<Doorway> {
    const doorway = new Doorway(services);
    await once(doorway.#server.listen(0, '127.0.0.1'), 'listening');
    return doorway;
  }

  /** What Prometheus is to scrape: each of them as a job of its own. */
  scrapeConfigs(names: readonly string[]): readonly object[] {
    const { port } = this.#server.address() as AddressInfo;
    const at = (name: string) => ({ targets: [`127.0.0.1:${port}`], labels: { instance: name } });
    return names.map((name) => ({ job_name: name, metrics_path: `/${name}`, static_configs: [at(name)] }));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
