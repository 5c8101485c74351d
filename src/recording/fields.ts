import { type OptionalShape, type Shape, Unreadable, unreadable, type Writing } from './shape.ts';

/** The shape of each field: a field that the type gains and the table lacks is an error of the compiler. */
export type Fields<Of> = {
  readonly [Name in keyof Of]-?: Partial<Pick<Of, Name>> extends Pick<Of, Name>
    ? OptionalShape<Exclude<Of[Name], undefined>>
    : Shape<Of[Name]>;
};

type Parsed = Readonly<Record<string, unknown>>;

/** The inside of an object: fields, or one of several sets of them by the value of a field that tells which. */
export interface Body<Of> {
  /** Each with a comma before it. */
  readonly write: (value: Of, how: Writing) => string;
  readonly read: (json: Parsed, into: Record<string, unknown>) => void;
}

/** Of fields that the table does not know nothing is said: a newer synfin may have written them. */
export function fields<Of>(table: Fields<Of>): Body<Of> {
  const rows = Object.entries<Shape<unknown>>(table as never).map(([name, shape]) => ({
    name: name as keyof Of & string,
    before: `,${JSON.stringify(name)}:`,
    shape,
    mayLack: 'optional' in shape,
  }));
  return {
    write: (value, how) => {
      let text = '';
      for (const { name, before, shape } of rows) {
        const written = shape.write(value[name], how);
        if (written !== undefined) text += before + written;
      }
      return text;
    },
    read: (json, into) => {
      for (const { name, shape, mayLack } of rows) {
        const value = inside(name, () => shape.read(Object.hasOwn(json, name) ? json[name] : undefined));
        if (value !== undefined || !mayLack) into[name] = value;
      }
    },
  };
}

/** Of each value of `tag` the fields besides it; where these depend on one more field, what is inside. */
export type Members<Of, Tag extends keyof Of, Outer extends keyof Of = never> = {
  readonly [Name in Of[Tag] & string]:
    | Fields<Omit<Extract<Of, Record<Tag, Name>>, Tag | Outer>>
    | Body<Extract<Of, Record<Tag, Name>>>;
};

/** `Outer`: the tag of a union around this one. */
export function union<Of, const Tag extends keyof Of & string, Outer extends keyof Of = never>(
  tag: Tag,
  table: Members<Of, Tag, Outer>,
): Body<Of> {
  const members = new Map(
    Object.entries<Body<Of> | Fields<Of>>(table as never).map(([name, member]) => [
      name,
      isBody(member) ? member : fields(member),
    ]),
  );
  const names = [...members.keys()].join(', ');
  return {
    write: (value, how) => {
      const name = String(value[tag]);
      return `,"${tag}":"${name}"${members.get(name)?.write(value, how) ?? ''}`;
    },
    read: (json, into) => {
      const member = inside(tag, () => {
        const name = Object.hasOwn(json, tag) ? json[tag] : undefined;
        return (typeof name === 'string' && members.get(name)) || unreadable(`one of ${names}`, name);
      });
      into[tag] = json[tag];
      member.read(json, into);
    },
  };
}

function isBody<Of>(member: Body<Of> | Fields<Of>): member is Body<Of> {
  return 'write' in member && typeof member.write === 'function';
}

export function object<Of>(body: Body<Of>): Shape<Of> {
  return {
    write: (value, how) => `{${body.write(value, how).slice(1)}}`,
    read: (json) => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return unreadable('an object', json);
      const into: Record<string, unknown> = {};
      body.read(json as Parsed, into);
      return into as Of;
    },
  };
}

/** Whoever cannot read it says in which field. */
function inside<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) error.where = [name, ...error.where];
    throw error;
  }
}
