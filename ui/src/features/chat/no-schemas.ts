/**
 * Stands in for zod in the built pages (vite.config.ts). The stream's client would check
 * every piece of our own server's stream against schemas, which are 29 kB of script and
 * a good part of the time a long answer takes; and at a kind of piece that it does not
 * know yet it would end the turn on screen. Pieces pass as they are: whoever draws them
 * checks what it draws. Every name the client imports is a schema that takes anything.
 */
const schema: unknown = new Proxy(() => undefined, {
  get: (_, name) => (name === "_zod" ? {} : name === "then" ? undefined : schema),
  has: (_, name) => name === "_zod",
  apply: () => schema,
});

const take = (_: unknown, data: unknown) => ({ success: true, data });

export const safeParse = take;
export const safeParseAsync = async (wanted: unknown, data: unknown) => take(wanted, data);
/** Only providers ask for these, and there are none in a page. */
export const toJSONSchema = () => ({});
export const config = () => ({ localeError: true });
export default () => ({});

export {
  schema as any,
  schema as array,
  schema as boolean,
  schema as catchall,
  schema as custom,
  schema as discriminatedUnion,
  schema as enum,
  schema as extend,
  schema as globalRegistry,
  schema as instanceof,
  schema as int,
  schema as json,
  schema as lazy,
  schema as length,
  schema as literal,
  schema as looseObject,
  schema as maximum,
  schema as maxLength,
  schema as minimum,
  schema as minLength,
  schema as never,
  schema as NEVER,
  schema as nonnegative,
  schema as null,
  schema as nullable,
  schema as nullish,
  schema as number,
  schema as object,
  schema as optional,
  schema as pipe,
  schema as positive,
  schema as record,
  schema as refine,
  schema as startsWith,
  schema as string,
  schema as transform,
  schema as union,
  schema as unknown,
  schema as url,
  schema as z,
};
