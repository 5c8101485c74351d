/** An element of an XML document, with what is in it. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (Element | string)[];
}

const tag = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
const reference = /&(?:amp|lt|gt|quot|apos|#\d+);/g;

/** Parses the XML that there is in a picture (elements, attributes, text), and throws where it is not well-formed. */
export function parseXml(text: string): Element {
  const open: { name: string; attributes: Record<string, string>; children: (Element | string)[] }[] = [
    { name: '', attributes: {}, children: [] },
  ];
  for (let at = 0; at < text.length; ) {
    const inner = open.at(-1);
    if (inner === undefined) throw new Error(`more is closed than was opened, before ${at}`);
    if (text[at] !== '<') {
      const end = text.indexOf('<', at) < 0 ? text.length : text.indexOf('<', at);
      inner.children.push(characters(text.slice(at, end)));
      at = end;
      continue;
    }
    tag.lastIndex = at;
    const [whole, isEnd, name = '', attributes = '', isEmpty] = tag.exec(text) ?? [];
    if (whole === undefined) throw new Error(`no tag: ${text.slice(at, at + 60)}`);
    at += whole.length;
    if (isEnd) {
      if (inner.name !== name) throw new Error(`</${name}> closes <${inner.name}>`);
      open.pop();
      continue;
    }
    const element = { name, attributes: attributesOf(attributes), children: [] };
    inner.children.push(element);
    if (!isEmpty) open.push(element);
  }
  const [root, ...rest] = open;
  const elements = root?.children.filter((child) => typeof child !== 'string') ?? [];
  const [only] = elements;
  if (rest.length > 0 || only === undefined || elements.length > 1) throw new Error('not one whole element');
  return only;
}

/** All of an element's own, and of those in it. */
export function* elementsOf(element: Element): Generator<Element> {
  yield element;
  for (const child of element.children) if (typeof child !== 'string') yield* elementsOf(child);
}

export function textOf({ children }: Element): string {
  return children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (name in found) throw new Error(`${name} twice`);
    found[name] = characters(value);
  }
  return found;
}

function characters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML does not know
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(text)) throw new Error('no character');
  if (text.replace(reference, '').includes('&')) throw new Error(`a bare &: ${text}`);
  return text.replace(reference, (one) => entities[one] ?? String.fromCodePoint(Number(one.slice(2, -1))));
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};
