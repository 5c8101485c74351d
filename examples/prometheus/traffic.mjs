// Who calls the service: two orders a second, and once a second the route that forgets.

const orderEveryMs = 500;
const checkEveryMs = 1000;

export class Traffic {
  #url;
  #timers = [];

  constructor(url) {
    this.#url = url;
  }

  begin() {
    this.#timers = [
      setInterval(() => this.#get('/orders/7'), orderEveryMs),
      setInterval(() => this.#get('/forgotten'), checkEveryMs),
    ];
  }

  end() {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A service that is going is no news: start.mjs says so. */
  async #get(path) {
    await fetch(this.#url + path, { signal: AbortSignal.timeout(5000) })
      .then((response) => response.text())
      .catch(() => {});
  }
}
