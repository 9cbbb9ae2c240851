/** The types of queries: which fields, operators and columns a payload type has (docs/query.md). */
import type { Instant } from "./options.ts";
import type { InternalType, Payloads, QueryBody, ResourceMetadata } from "./wire.ts";

/** Name of a payload type that is declared: built in, or added to `Payloads`. */
export type PayloadType<Types extends object = Payloads> = keyof Types & string;

/** Name of a declared payload type whose resources callers write. */
export type WritableType<Types extends object = Payloads> = Exclude<
  PayloadType<Types>,
  InternalType
>;

/**
 * Payload types that nothing is known about: `createClient<AnyPayloads>` checks no field, for
 * programs that learn the types at run time.
 */
export type AnyPayloads = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Names without those of an index signature. */
type Named<T> = keyof {
  readonly [Field in keyof T as string extends Field ? never : Field]: unknown;
} &
  string;

/** Fields of one payload type, or of any of several. */
export type PayloadField<Type extends PayloadType<Types>, Types extends object = Payloads> =
  Type extends PayloadType<Types> ? Named<Types[Type]> : never;

/** What a field holds, in those of the payload types that have it. */
type PayloadValue<Type, Types extends object, Field> =
  Type extends PayloadType<Types>
    ? Field extends keyof Types[Type]
      ? NonNullable<Types[Type][Field]>
      : never
    : never;

/** True when one of the payload types admits fields that it does not name. */
type IsOpen<Type, Types extends object> = true extends (
  Type extends PayloadType<Types> ? (string extends keyof Types[Type] ? true : false) : never
)
  ? true
  : false;

type Scalar = string | number | boolean;

/** Scalars of a field; a member that is no enumeration holds any text or number. */
type ScalarOf<Value> = Extract<Value, Scalar>;

/** What of a field has an order: text and numbers, but not the words of an enumeration. */
type OrderedOf<Value> =
  | (string extends Value ? string : never)
  | (number extends Value ? number : never);

/** Elements of a field that is a list of scalars. */
type ElementOf<Value> = Value extends readonly (infer Element)[]
  ? [Element] extends [Scalar]
    ? Element
    : never
  : never;

/** Objects, and lists of objects: only paths into them are compared. */
type IsJson<Value> = true extends (
  Value extends Scalar
    ? false
    : Value extends readonly (infer Element)[]
      ? [Element] extends [Scalar]
        ? false
        : true
      : true
)
  ? true
  : false;

interface PresenceTests {
  /** True: the field has a value. False: it has none. */
  readonly exists?: boolean;
}

interface EqualityTests<Value> {
  /** Equals the value; null: the field has no value. */
  readonly eq?: Value | null;
  readonly ne?: Value | null;
}

interface MembershipTests<Value> {
  readonly in?: readonly (Value | null)[];
  readonly nin?: readonly (Value | null)[];
}

interface OrderTests<Value> {
  readonly lt?: Value;
  readonly lte?: Value;
  readonly gt?: Value;
  readonly gte?: Value;
  /** Both bounds are included. */
  readonly between?: readonly [Value, Value];
}

interface TextTests {
  /** `%` stands for any text, `_` for one character. */
  readonly like?: string;
  /** The same without regard to the case of ASCII letters. */
  readonly ilike?: string;
  /** An RE2 expression that matches a part of the text. */
  readonly regex?: string;
  readonly starts_with?: string;
}

interface ContainmentTests<Value> {
  /** Of text: a part of it. Of a list: an element. */
  readonly contains?: Value;
}

interface ListTests<Element> {
  readonly contains_any?: readonly Element[];
  readonly contains_all?: readonly Element[];
}

type When<Value, Tests> = [Value] extends [never] ? unknown : Tests;

/** One object type instead of an intersection, for readable error messages. */
type Flat<T> = { readonly [Member in keyof T]: T[Member] };

/** Every operator, for values that nothing is known about. */
type AnyTests = PresenceTests &
  EqualityTests<Scalar | readonly unknown[] | Readonly<Record<string, unknown>>> &
  MembershipTests<Scalar> &
  OrderTests<string | number> &
  TextTests &
  ContainmentTests<Scalar> &
  ListTests<Scalar>;

/** A whole list; never where there is none. */
type ListOf<Element> = [Element] extends [never] ? never : readonly Element[];

type KnownTests<Value> = Flat<
  PresenceTests &
    When<
      ScalarOf<Value> | ElementOf<Value>,
      EqualityTests<ScalarOf<Value> | ListOf<ElementOf<Value>>>
    > &
    When<ScalarOf<Value>, MembershipTests<ScalarOf<Value>>> &
    When<OrderedOf<Value>, OrderTests<OrderedOf<Value>>> &
    When<Extract<Value, string>, TextTests> &
    When<
      Extract<Value, string> | ElementOf<Value>,
      ContainmentTests<(Extract<Value, string> extends never ? never : string) | ElementOf<Value>>
    > &
    When<ElementOf<Value>, ListTests<ElementOf<Value>>>
>;

/** Operators that apply to a field. */
export type FieldTests<Value> = IsJson<Value> extends true ? AnyTests : KnownTests<Value>;

/** A value that the field equals, null for no value, or operators that all have to hold. */
export type FieldCondition<Value> =
  | (IsJson<Value> extends true
      ? Scalar | readonly unknown[]
      : ScalarOf<Value> | ListOf<ElementOf<Value>>)
  | null
  | FieldTests<Value>;

/** Instants compare as such and are no text. */
type InstantCondition =
  | string
  | null
  | Flat<PresenceTests & EqualityTests<string> & MembershipTests<string> & OrderTests<string>>;

/** Conditions on the metadata columns. */
interface MetadataConditions<Type> {
  readonly identifier?: FieldCondition<string>;
  readonly payload_type?: FieldCondition<Type>;
  readonly schema_version?: FieldCondition<string>;
  readonly version?: FieldCondition<number>;
  readonly parent_identifier?: FieldCondition<string>;
  readonly license?: FieldCondition<string>;
  readonly access_level?: FieldCondition<ResourceMetadata["access_level"]>;
  readonly owner?: FieldCondition<string>;
  readonly created_at?: InstantCondition;
  readonly updated_at?: InstantCondition;
}

/** Names a metadata column that queries filter and sort by. */
export type MetadataColumn = keyof MetadataConditions<string>;

/** Fields for which a condition on the value holds. */
type FieldsOfKind<Type extends PayloadType<Types>, Types extends object, Kind> = {
  readonly [Field in PayloadField<Type, Types>]: Kind extends "json"
    ? IsJson<PayloadValue<Type, Types, Field>> extends true
      ? Field
      : never
    : Kind extends "list"
      ? [ElementOf<PayloadValue<Type, Types, Field>>] extends [never]
        ? never
        : Field
      : [ScalarOf<PayloadValue<Type, Types, Field>>] extends [never]
        ? never
        : Field;
}[PayloadField<Type, Types>];

/** Paths into objects, and positions in lists. */
type Path<Type extends PayloadType<Types>, Types extends object> =
  | `${FieldsOfKind<Type, Types, "json">}.${string}`
  | `${FieldsOfKind<Type, Types, "list">}.${number}`;

interface Combinations<Type extends PayloadType<Types>, Types extends object> {
  readonly and?: readonly Filter<Type, Types>[];
  readonly or?: readonly Filter<Type, Types>[];
  readonly not?: Filter<Type, Types>;
}

/** Fields that a payload type admits without naming them. */
type OtherConditions<Type, Types extends object> =
  IsOpen<Type, Types> extends true ? Readonly<Record<string, unknown>> : unknown;

type KnownFilter<
  Type extends PayloadType<Types>,
  Types extends object,
> = MetadataConditions<Type> & {
  readonly [Field in PayloadField<Type, Types>]?: FieldCondition<PayloadValue<Type, Types, Field>>;
} & {
  readonly [Inside in Path<Type, Types>]?: FieldCondition<object>;
} & OtherConditions<Type, Types> &
  Combinations<Type, Types>;

/** Conditions that all have to hold, by field; `and`, `or` and `not` combine them. */
export type Filter<
  Type extends PayloadType<Types>,
  Types extends object = Payloads,
> = string extends Type ? Readonly<Record<string, unknown>> : KnownFilter<Type, Types>;

type OtherField<Type, Types extends object> = IsOpen<Type, Types> extends true ? string : never;

/** What resources can be sorted by: what holds one value. */
export type SortField<Type extends PayloadType<Types>, Types extends object = Payloads> =
  | MetadataColumn
  | FieldsOfKind<Type, Types, "scalar">
  | Path<Type, Types>
  | OtherField<Type, Types>;

/** What `select_columns` can choose. */
export type Column<Type extends PayloadType<Types>, Types extends object = Payloads> =
  | keyof ResourceMetadata
  | "payload_type"
  | PayloadField<Type, Types>
  | OtherField<Type, Types>;

/** A list of columns, or none. */
export type Columns<Type extends PayloadType<Types>, Types extends object> =
  | readonly Column<Type, Types>[]
  | null
  | undefined;

/** A query. `limit` is the size of a page: a walk returns all results. */
export interface Query<
  Type extends PayloadType<Types>,
  Types extends object = Payloads,
  Chosen extends Columns<Type, Types> = Columns<Type, Types>,
> extends Omit<QueryBody, "payload_type" | "filters" | "sort_by" | "select_columns"> {
  /** One payload type or several. Without it the query covers all types. */
  readonly payload_type?: Type | readonly Type[] | null | undefined;
  /** Conditions by field; a resource must satisfy all of them. */
  readonly filters?: Filter<NoInfer<Type>, Types> | null | undefined;
  /** The members that the results have, beside `identifier` and `payload_type`. */
  readonly select_columns?: Chosen | undefined;
  /** The metadata column or payload field to sort by. Null values come last. */
  readonly sort_by?: SortField<NoInfer<Type>, Types> | undefined;
  readonly as_of?: Instant | null | undefined;
}
