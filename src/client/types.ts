import type { Column, Columns, PayloadField, PayloadType, WritableType } from "./filters.ts";
import type { CallOptions } from "./options.ts";
import type {
  ChangedMetadata,
  NewMetadata,
  Payloads,
  ResourceMetadata,
  Transaction,
} from "./wire.ts";

/** The same fields, each of which may be null: absent, or to be cleared. */
type Nullable<T> = { readonly [Field in keyof T]?: T[Field] | null };

/** One object type instead of an intersection, for readable error messages. */
type Flat<T> = { readonly [Member in keyof T]: T[Member] };

/** A new resource of one payload type. */
export type NewResourceOf<Type extends PayloadType<Types>, Types extends object = Payloads> = Flat<
  NewMetadata & { readonly payload_type: Type } & Types[Type]
>;

/** A new resource, discriminated on `payload_type`. */
export type NewResource<Types extends object = Payloads> = {
  readonly [Type in WritableType<Types>]: NewResourceOf<Type, Types>;
}[WritableType<Types>];

/** Members to change in a resource of one payload type; null clears an optional field. */
export type ChangeOf<Type extends PayloadType<Types>, Types extends object = Payloads> = Flat<
  ChangedMetadata & { readonly payload_type: Type } & Nullable<Types[Type]>
>;

/** Members to change in a resource whose payload type is not said: fields of any type. */
type UntypedChange<Types extends object> = ChangedMetadata & {
  readonly payload_type?: undefined;
} & {
  readonly [Field in PayloadField<WritableType<Types>, Types>]?: ValueIn<
    WritableType<Types>,
    Types,
    Field
  > | null;
};

type ValueIn<Type, Types, Field> = Type extends keyof Types
  ? Field extends keyof Types[Type]
    ? Types[Type][Field]
    : never
  : never;

/**
 * Members to change in a resource. With `payload_type`, which never changes, they are those of that
 * type; without it they have to be members of one type.
 */
export type Change<Types extends object = Payloads> =
  | { readonly [Type in WritableType<Types>]: ChangeOf<Type, Types> }[WritableType<Types>]
  | UntypedChange<Types>;

/** Names of the members that are certainly there. */
type Given<T> = T extends unknown
  ? {
      readonly [Name in keyof T]-?: object extends Pick<T, Name>
        ? never
        : T[Name] extends undefined
          ? never
          : Name;
    }[keyof T]
  : never;

declare const MISTAKE: unique symbol;

/** No value is of this type: in the place of a member's type it refuses the member. */
export interface NoFieldOf<Type extends string> {
  readonly [MISTAKE]: Type;
}

/** Refuses members by name. */
type Refused<Names, Type extends string> = {
  readonly [Name in Names & string]?: NoFieldOf<Type>;
};

/** Refuses fields that are not known, also where the compiler itself would let them pass. */
type Known<Members, Shape, Type extends string> = [Exclude<Given<Members>, keyof Shape>] extends [
  never,
]
  ? unknown
  : Refused<Exclude<Given<Members>, keyof Shape>, Type>;

/** The elements, refused where they have fields that their payload type lacks. */
export type CheckedNew<New, Types extends object> = New extends {
  readonly payload_type: infer Type extends PayloadType<Types>;
}
  ? New & Known<New, NewResourceOf<Type, Types>, Type>
  : New;

/** Payload types that have all of these members. */
type Fitting<Names, Types extends object> = {
  readonly [Type in WritableType<Types>]: [Exclude<Names, keyof ChangeOf<Type, Types>>] extends [
    never,
  ]
    ? Type
    : never;
}[WritableType<Types>];

/** The changes, refused where no payload type has their fields, or no single one. */
export type CheckedChange<Changed, Types extends object> = Changed extends {
  readonly payload_type: infer Type extends PayloadType<Types>;
}
  ? Changed & Known<Changed, ChangeOf<Type, Types>, Type>
  : Changed extends unknown
    ? [Fitting<Given<Changed>, Types>] extends [never]
      ? Changed & Refused<Exclude<Given<Changed>, keyof ChangedMetadata>, "one payload type">
      : Changed
    : never;

/** A resource of one payload type as reads return it. */
export type ResourceOf<Type extends PayloadType<Types>, Types extends object = Payloads> = Flat<
  ResourceMetadata & { readonly payload_type: Type } & Nullable<Types[Type]>
>;

/**
 * A resource as reads return it, discriminated on `payload_type`. Registered types are in the union
 * once they are declared in `Payloads`.
 */
export type Resource<
  Types extends object = Payloads,
  Type extends PayloadType<Types> = PayloadType<Types>,
> = { readonly [One in Type]: ResourceOf<One, Types> }[Type];

/** The members of a resource that `select_columns` chose. */
type SelectedOf<Type extends PayloadType<Types>, Name, Types extends object> = Flat<
  Pick<
    ResourceOf<Type, Types>,
    "identifier" | "payload_type" | Extract<Name, keyof ResourceOf<Type, Types>>
  >
>;

/** Members that may have been chosen: of a list whose length the compiler does not know. */
type PerhapsSelectedOf<Type extends PayloadType<Types>, Name, Types extends object> = Flat<
  SelectedOf<Type, never, Types> & Partial<SelectedOf<Type, Name, Types>>
>;

/** What a query finds: of its payload types, with the columns that it chose. */
export type Found<
  Type extends PayloadType<Types>,
  Chosen extends Columns<Type, Types>,
  Types extends object = Payloads,
> = Chosen extends readonly (infer Name extends Column<Type, Types>)[]
  ? {
      readonly [One in Type]: number extends Chosen["length"]
        ? PerhapsSelectedOf<One, Name, Types>
        : SelectedOf<One, Name, Types>;
    }[Type]
  : Resource<Types, Type>;

/** A version of a resource in its history. */
export type Version<
  Types extends object = Payloads,
  Type extends PayloadType<Types> = PayloadType<Types>,
> = {
  readonly [One in Type]: Flat<
    ResourceOf<One, Types> & { readonly is_deleted: boolean; readonly transaction: Transaction }
  >;
}[Type];

/** Which payload type the caller expects. */
export interface Expected<Type extends string> {
  /** The payload type of what is read; anything else throws `UnexpectedTypeError`. */
  readonly payload_type?: Type | readonly Type[] | undefined;
}

/** Options of a call with a collection. */
export interface BatchOptions extends CallOptions {
  /**
   * More elements than one call takes are refused, since they would no longer be all or nothing;
   * true sends them in several calls, in order, each of them all or nothing.
   */
  readonly split?: boolean | undefined;
  /** Called after each of several calls: elements that are done, and all of them. */
  readonly onPart?: ((done: number, all: number) => void) | undefined;
}
