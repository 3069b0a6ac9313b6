/**
 * What an actor can ask Foreman to do, said once.
 *
 * An operation is a plain value. Every surface is derived from it, so none can say what another one
 * does not. It names no transport and runs nothing.
 *
 * @since 0.1.0
 */
import { Schema, SchemaAST } from "effect"
import type { Permission, Role } from "../rules/Actor.ts"
import type { CommonRefusal } from "./Refusal.ts"

// models ----------------------------------------------------------------------

/**
 * A query changes nothing; a command may be repeated safely with an idempotency key.
 *
 * @category models
 * @since 0.1.0
 */
export type Kind = "query" | "command"

/**
 * Where REST finds the operation. Path parameters carry their wire names: `/tasks/:task_id`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Http {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly path: `/${string}`
  /** The status of success, 200 unless said. */
  readonly status?: number
  /** Fields that travel in the query although the request has a body, by their wire names. */
  readonly query?: ReadonlyArray<string>
}

/**
 * What the words and routes of every operation have in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface Words {
  readonly title: string
  /** Written for an agent that has read nothing else. */
  readonly description: string
  readonly permission: Permission
  readonly http: Http
  readonly cli: string
  readonly says?: Sayings
}

/**
 * Where the agents' tool differs from REST: fields it does not take, or says itself by their wire
 * names, words it says instead, and the roles in whose small default set it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tool<Field extends string = string> {
  readonly omit?: ReadonlyArray<Field>
  readonly fixed?: Readonly<Record<string, boolean>>
  readonly text?: string
  readonly roles?: ReadonlyArray<Role>
}

/**
 * What this operation says of a refusal where the contract has other words than the class: by the
 * refusal's code, from its facts under their wire names.
 *
 * @category models
 * @since 0.1.0
 */
export type Sayings = Readonly<Record<string, (facts: Readonly<Record<string, unknown>>) => string>>

/**
 * A schema that decodes and encodes by itself, without services.
 *
 * @category models
 * @since 0.1.0
 */
export type Pure = Schema.Constraint & {
  readonly DecodingServices: never
  readonly EncodingServices: never
}

/**
 * The fields of an input, by their names in TypeScript.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = Readonly<Record<string, Pure>>

/**
 * An operation: everything that surfaces derive themselves from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operation<
  Name extends string,
  Input extends Fields,
  Output extends Pure,
  Refusals extends ReadonlyArray<Pure>,
  Asked extends Kind = Kind
> extends Words {
  readonly name: Name
  readonly kind: Asked
  /** A list answers one page of items and the cursor of the next. */
  readonly isList: boolean
  readonly input: Schema.Struct<Input>
  readonly output: Output
  /** A list, not a union: every refusal keeps its own HTTP status. */
  readonly errors: Refusals
  /** False where agents get no tool at all. */
  readonly tool: Tool | false
}

/**
 * Any operation, seen by the code that walks the catalogue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Any extends Words {
  readonly name: string
  readonly kind: Kind
  readonly isList: boolean
  readonly input: Pure & { readonly fields: Fields }
  readonly output: Pure
  readonly errors: ReadonlyArray<Pure>
  readonly tool: Tool | false
}

/**
 * A record of operations by the method names of every client.
 *
 * @category models
 * @since 0.1.0
 */
export type Catalogue = Readonly<Record<string, Any>>

/**
 * The input of an operation, decoded: with brands, and with defaults filled in.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<T extends Any> = T["input"]["Type"]

/**
 * The output of an operation, with brands.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<T extends Any> = T["output"]["Type"]

/**
 * The refusals that the operation itself declares.
 *
 * @category models
 * @since 0.1.0
 */
export type Errors<T extends Any> = T["errors"][number]["Type"]

/**
 * The declared refusals and those that every operation shares.
 *
 * @category models
 * @since 0.1.0
 */
export type Refusals<T extends Any> = Errors<T> | CommonRefusal

/**
 * Input without brands and defaults, as people write it: `{ taskId: 42 }`.
 *
 * @category models
 * @since 0.1.0
 */
export type PlainInput<T extends Any> = T["input"]["Encoded"]

/**
 * Output without brands, as people read it.
 *
 * @category models
 * @since 0.1.0
 */
export type PlainOutput<T extends Any> = T["output"]["Encoded"]

/**
 * What an operation is defined with. Left out, `tool` is a tool that differs in nothing from REST.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition<Input extends Fields, Output, Refusals, Asked = Kind> extends Words {
  readonly kind: Asked
  readonly input: Input
  readonly output: Output
  readonly errors: Refusals
  readonly tool?: Tool<keyof Input & string> | false
}

// services --------------------------------------------------------------------

/**
 * Defines an operation that answers with one value.
 *
 * @category operations
 * @since 0.1.0
 */
export const make = <
  const Name extends string,
  const Input extends Fields,
  Output extends Pure,
  const Refusals extends ReadonlyArray<Pure>,
  Asked extends Kind
>(
  name: Name,
  { input, tool, ...definition }: Definition<Input, Output, Refusals, Asked>
): Operation<Name, Input, Output, Refusals, Asked> => ({
  ...definition,
  name,
  input: Schema.Struct(input),
  isList: false,
  tool: tool ?? {}
})

/**
 * Defines a query that answers a page: `limit` and `cursor` in, `{ items, nextCursor }` out.
 *
 * @category operations
 * @since 0.1.0
 */
export const makeList = <
  const Name extends string,
  const Input extends Fields,
  Item extends Pure,
  const Refusals extends ReadonlyArray<Pure>
>(
  name: Name,
  {
    item,
    maxLimit = 200,
    ...definition
  }: Omit<Definition<Input, Item, Refusals>, "kind" | "output"> & {
    readonly item: Item
    /** The longest page, 200 unless said. */
    readonly maxLimit?: number
  }
): Operation<Name, Input & Paging, Page<Item>, Refusals, "query"> => ({
  ...make(name, {
    ...definition,
    kind: "query",
    input: { ...definition.input, ...paging(maxLimit) },
    output: page(item)
  }),
  isList: true
})

/**
 * The HTTP status that a refusal's class declares.
 *
 * @category operations
 * @since 0.1.0
 */
export const statusOf = (refusal: Schema.Constraint): number =>
  SchemaAST.resolveAt<number>("httpApiStatus")(refusal.ast) ?? 500

/**
 * The tag of a refusal's class, which every surface shows as `code`.
 *
 * @category operations
 * @since 0.1.0
 */
export const codeOf = (refusal: Schema.Constraint): string =>
  SchemaAST.resolveIdentifier(refusal.ast) ?? "Unknown"

// internal --------------------------------------------------------------------

const paging = (maximum: number) => ({
  limit: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })).annotate({
      description: "How many items at most"
    })
  ),
  cursor: Schema.optionalKey(
    Schema.String.annotate({ description: "next_cursor of the page before" })
  )
})

type Paging = ReturnType<typeof paging>

const page = <Item extends Pure>(item: Item) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })

type Page<Item extends Pure> = ReturnType<typeof page<Item>>
