import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columnsOf } from '../../../src/explain/columns.ts';
import { ladderSvg } from '../../../src/explain/ladder/svg.ts';
import { columnWidth, fontSize, inks } from '../../../src/explain/ladder/svg-style.ts';
import { endpoint } from '../../../src/tcp/endpoint.ts';
import { type Element, elementsOf, parseXml, textOf } from '../xml.ts';
import { type Life, lives, viewOfLife } from './lives.ts';

const languages = ['en', 'zh'] as const;
const longest = endpoint('2001:1db8:85a3:18d3:1319:8a2e:1370:7348', 54_321);

/** Every life in both languages, with the longest addresses that there are. */
function* pictures(): Generator<{ name: string; svg: Element }> {
  for (const [name, life] of Object.entries<Life>(lives))
    for (const language of languages) {
      const view = { ...viewOfLife(life), local: longest, peer: longest };
      yield { name: `${name}, ${language}`, svg: parseXml(ladderSvg(view, { language })) };
    }
}

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the words are, as wide as a monospaced font can make them. */
function boxes(svg: Element): Box[] {
  const words = [...elementsOf(svg)].filter(({ name }) => name === 'text');
  return words.map((element) => {
    const { x, y, 'text-anchor': anchor } = element.attributes;
    const text = textOf(element);
    const width = columnsOf(text) * columnWidth;
    const left = Number(x) - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
    return { text, left, right: left + width, top: Number(y) - fontSize * 0.8, bottom: Number(y) + fontSize * 0.2 };
  });
}

/** WCAG 2: relative luminance, and the contrast of two colours. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('the picture of a ladder', () => {
  it('no text lies on another, or is cut off at an edge', () => {
    for (const { name, svg } of pictures()) {
      const [width, height] = [Number(svg.attributes.width), Number(svg.attributes.height)];
      const all = boxes(svg);
      for (const [index, box] of all.entries()) {
        const isInside = box.left >= 4 && box.right <= width - 4 && box.top >= 4 && box.bottom <= height - 4;
        assert.ok(isInside, `${name}: "${box.text}" is cut off`);
        for (const other of all.slice(index + 1)) {
          const isBeside = box.right <= other.left || other.right <= box.left;
          const isApart = box.bottom <= other.top || other.bottom <= box.top;
          assert.ok(isBeside || isApart, `${name}: "${box.text}" and "${other.text}"`);
        }
      }
    }
  });

  it('every text has a contrast of 4.5 or more, on a light page and on a dark one', () => {
    const { paper, rail, ...texts } = inks;
    for (const [name, { light, dark }] of Object.entries(texts)) {
      assert.ok(contrast(light, paper.light) >= 4.5, `${name}, light: ${contrast(light, paper.light)}`);
      assert.ok(contrast(dark, paper.dark) >= 4.5, `${name}, dark: ${contrast(dark, paper.dark)}`);
    }
    for (const { svg } of pictures())
      for (const element of elementsOf(svg))
        if (element.name === 'text') assert.ok((element.attributes.class?.split(' ')[0] ?? '') in texts);
  });

  it('asks for the colours of the reader', () => {
    const svg = ladderSvg(viewOfLife(lives.handshake));
    assert.match(svg, /@media\(prefers-color-scheme:dark\)\{/);
    for (const { light, dark } of Object.values(inks)) assert.ok(svg.includes(light) && svg.includes(dark));
  });

  it('is read aloud: an image with a title and a description in words', () => {
    for (const { name, svg } of pictures()) {
      const [title, description] = svg.children.filter((child) => typeof child !== 'string');
      assert.equal(svg.attributes.role, 'img');
      assert.deepEqual([title?.name, description?.name], ['title', 'desc'], name);
      const labels = `${title?.attributes.id} ${description?.attributes.id}`;
      assert.equal(svg.attributes['aria-labelledby'], labels);
    }
    const leak = parseXml(ladderSvg(viewOfLife(lives['leak in CLOSE_WAIT'])));
    const [title = '', description = ''] = leak.children.flatMap((child) =>
      typeof child === 'string' ? [] : textOf(child),
    );
    assert.equal(title, 'TCP connection 101: 10.0.0.1:40001 to 10.0.0.2:80, CLOSE_WAIT');
    assert.match(
      description,
      /^0 s: this process to peer: SYN, this process SYN_SENT; \+20 ms: peer to this process: SYN\+ACK/,
    );
    assert.match(description, /4\.2 s: peer to this process: FIN \(not seen\), this process CLOSE_WAIT;/);
    assert.match(description, /your process has not said goodbye \(FIN\), nor read 38000 B, 34 s and counting$/);
  });

  it('holds nothing that runs, and asks for nothing', () => {
    for (const { svg } of pictures()) {
      const names = new Set([...elementsOf(svg)].map(({ name }) => name));
      assert.deepEqual(
        [...names].filter(
          (name) => !['svg', 'title', 'desc', 'style', 'rect', 'line', 'text', 'polygon', 'circle'].includes(name),
        ),
        [],
      );
      for (const { attributes } of elementsOf(svg))
        assert.ok(!Object.keys(attributes).some((name) => /^on|href|^src$|^style$/.test(name)));
    }
    const { xmlns, ...rest } = parseXml(ladderSvg(viewOfLife(lives.handshake))).attributes;
    assert.equal(xmlns, 'http://www.w3.org/2000/svg');
    assert.doesNotMatch(ladderSvg(viewOfLife(lives.handshake)).replace(xmlns ?? '', ''), /http|url\(|@import/);
    assert.ok(rest.viewBox?.startsWith('0 0 '));
  });

  it('what comes from outside is escaped', () => {
    const svg = ladderSvg({ ...viewOfLife(lives['timed out']), id: '"><script>&', error: "E<b>'&\u0000" });
    const texts = [...elementsOf(parseXml(svg))].map(textOf).join('\n');
    assert.ok(!svg.includes('<script') && texts.includes("(E<b>'&)") && texts.includes('connection "><script>&'));
  });

  it('dashes what was inferred, and draws through what was seen', () => {
    const lineOf = (life: Life) => {
      const all = [...elementsOf(parseXml(ladderSvg(viewOfLife(life))))];
      return all.filter(({ name, attributes }) => name === 'line' && attributes.class?.startsWith('peer'));
    };
    const [, fin] = lineOf(lives['RST received']);
    assert.equal(fin?.attributes.class, 'peer');
    const [, worked] = lineOf(lives['leak in CLOSE_WAIT']).slice(1);
    assert.equal(worked?.attributes.class, 'peer dashed');
  });

  it('two segments that cross on the wire cross in the picture', () => {
    const all = [...elementsOf(parseXml(ladderSvg(viewOfLife(lives['simultaneous close']))))];
    const slanted = all.filter(
      ({ name, attributes }) => name === 'line' && attributes.y1 !== attributes.y2 && attributes.x1 !== attributes.x2,
    );
    assert.deepEqual(
      slanted.map(({ attributes }) => attributes.class),
      ['us', 'peer'],
    );
    const [ours, theirs] = slanted.map(({ attributes }) => attributes);
    assert.deepEqual([ours?.y1, ours?.y2], [theirs?.y1, theirs?.y2]);
  });

  it('a gap is as high as it is long', () => {
    const heightAt = (at: number) =>
      Number(parseXml(ladderSvg(viewOfLife({ ...lives['leak in CLOSE_WAIT'], at }))).attributes.height);
    assert.ok(heightAt(16) < heightAt(20) && heightAt(20) < heightAt(60));
  });
});
