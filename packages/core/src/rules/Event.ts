/**
 * How a recorded fact is declared: its type, its data, and the stream in which it stands.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

// models ----------------------------------------------------------------------

/**
 * The fields of an event's data: schemas that encode and decode by themselves.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = Readonly<
  Record<
    string,
    Schema.Constraint & { readonly DecodingServices: never; readonly EncodingServices: never }
  >
>

/**
 * One type of event.
 *
 * @category models
 * @since 0.1.0
 */
export interface Definition<Type extends string, Data extends Fields> {
  readonly type: Type
  readonly schema: Schema.Struct<Data>
  /** The stream of an event, from its data. */
  readonly streamOf: (data: Schema.Struct<Data>["Type"]) => string
}

/**
 * The value of an event of this type.
 *
 * @category models
 * @since 0.1.0
 */
export type EventOf<D> = D extends {
  readonly type: infer Type extends string
  readonly schema: { readonly Type: infer Data }
}
  ? { readonly type: Type; readonly data: Data }
  : never

// rules -----------------------------------------------------------------------

/**
 * Declares a type of event.
 *
 * @category models
 * @since 0.1.0
 */
export const define = <const Type extends string, const Data extends Fields>(
  type: Type,
  fields: Data,
  streamOf: (data: Schema.Struct<Data>["Type"]) => string
): Definition<Type, Data> => ({ type, schema: Schema.Struct(fields), streamOf })
