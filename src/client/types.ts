import type { CallOptions, Instant } from "./options.ts";
import type {
  ChangedMetadata,
  InternalType,
  NewMetadata,
  Payloads,
  QueryBody,
  ResourceMetadata,
  Transaction,
} from "./wire.ts";

/** Name of a payload type whose fields are known here. */
export type PayloadType = keyof Payloads;

type Writable = Exclude<PayloadType, InternalType>;

/** The same fields, each of which may be null: absent, or to be cleared. */
type Nullable<T> = { readonly [Field in keyof T]?: T[Field] | null };

/** One object type instead of an intersection, for readable error messages. */
type Flat<T> = { readonly [Member in keyof T]: T[Member] };

/** A new resource of one payload type. */
export type NewResourceOf<Type extends Writable> = Flat<
  NewMetadata & { readonly payload_type: Type } & Payloads[Type]
>;

/** A new resource, discriminated on `payload_type`. */
export type NewResource = { readonly [Type in Writable]: NewResourceOf<Type> }[Writable];

/** A new resource of a type that was registered at run time and is not declared here. */
export type NewRegisteredResource = NewMetadata & {
  readonly payload_type: string;
  readonly [field: string]: unknown;
};

/** Members to change in a resource of one payload type; null clears an optional field. */
export type ChangeOf<Type extends Writable> = Flat<
  ChangedMetadata & { readonly payload_type?: Type | undefined } & Nullable<Payloads[Type]>
>;

/** Members to change in a resource. */
export type Change =
  | { readonly [Type in Writable]: ChangeOf<Type> & { readonly payload_type: Type } }[Writable]
  | (ChangedMetadata & { readonly payload_type?: string; readonly [field: string]: unknown });

/** A resource of one payload type as reads return it. */
export type ResourceOf<Type extends PayloadType> = Flat<
  ResourceMetadata & { readonly payload_type: Type } & Nullable<Payloads[Type]>
>;

/**
 * A resource as reads return it, discriminated on `payload_type`. Resources of registered types
 * have no typed fields: declare them in `Payloads` to have them in the union.
 */
export type Resource = { readonly [Type in PayloadType]: ResourceOf<Type> }[PayloadType];

/** A resource of a type that is not declared here. */
export type UnknownResource = ResourceMetadata & {
  readonly payload_type: string;
  readonly [field: string]: unknown;
};

/** The members that `select_columns` chose. */
export interface SelectedResource {
  readonly identifier: string;
  readonly payload_type: string;
  readonly [member: string]: unknown;
}

/** A query. `limit` is the size of a page: a walk returns all results. */
export interface Query extends QueryBody {
  readonly as_of?: Instant | null | undefined;
}

type Named<Type> = Type extends PayloadType ? ResourceOf<Type> : UnknownResource;

/** The results of a query: by `select_columns`, then by `payload_type`. */
export type Found<Requested extends Query> = Requested extends {
  readonly select_columns: readonly string[];
}
  ? SelectedResource
  : Requested extends { readonly payload_type: infer Type }
    ? Type extends readonly (infer Each)[]
      ? Named<Each>
      : Type extends string
        ? Named<Type>
        : Resource
    : Resource;

/** A version of a resource in its history. */
export type Version = (Resource | UnknownResource) & {
  readonly is_deleted: boolean;
  readonly transaction: Transaction;
};

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
