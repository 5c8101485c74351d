import http from 'node:http';
import { Program } from '../system/run.ts';

export type Environment = Readonly<Record<string, string>>;

/** One of the programs of examples/express-server, alive, with the ports that it has printed. */
export class Service {
  readonly program: Program;

  private constructor(program: Program) {
    this.program = program;
  }

  /** Starts it, and waits until it has printed the last of these. */
  static async listening(args: readonly string[], env: Environment, last: 'upstream' | 'internal'): Promise<Service> {
    const service = new Service(new Program(args, { env, limitMs: 40_000 }));
    await service.program.waitFor(`${last} listens`, () => service.printed(last));
    return service;
  }

  printed(name: string): string | undefined {
    return new RegExp(`^${name} +(\\S+)\n`, 'm').exec(this.program.stdout)?.[1];
  }

  /** Sends what `kill` sends, to the pid that it has printed. */
  terminate() {
    process.kill(Number(this.printed('pid')), 'SIGTERM');
    return this.program.ended;
  }
}

export interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  /** The port that it was asked from. */
  readonly from: number | undefined;
}

/** As curl does: a connection for one request, unless an agent has one. */
export function get(url: string, agent: http.Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => {
      const from = response.socket.localPort;
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('close', () => resolve({ status: response.statusCode, body, from }));
    });
    request.on('error', reject);
  });
}
