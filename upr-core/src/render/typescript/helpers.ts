
/**
 * What somebody holds: a set of keys. `granted()` makes one; in tests, `new Set([Users.VIEW])` is one.
 */
export type Granted = ReadonlySet<Permission>;

/** What `GET /api/v1/permissions/me` answers, as far as it matters here. */
export interface Me {
  readonly permissions: readonly string[];
}

/** Reads the answer of `GET /api/v1/permissions/me`; nothing is granted before it is there. */
export function granted(me: Me | null | undefined): Granted {
  return new globalThis.Set((me?.permissions ?? []) as readonly Permission[]);
}

/** A permission, or several of which any or all are needed. */
export type Condition = Permission | AnyOf | AllOf;

/** Any of these is enough. */
export interface AnyOf {
  readonly any: readonly [Condition, ...Condition[]];
}

/** All of these are needed. */
export interface AllOf {
  readonly all: readonly [Condition, ...Condition[]];
}

/** Any of these is enough, as `any(…)` in Rust. */
export function anyOf(...any: [Condition, ...Condition[]]): AnyOf {
  return { any };
}

/** All of these are needed, as `all(…)` in Rust. */
export function allOf(...all: [Condition, ...Condition[]]): AllOf {
  return { all };
}

/**
 * Whether what was granted is enough.
 *
 * It decides what is shown. What is done, the service decides: it asks the store, in the scope of the
 * request.
 */
export function can(granted: Granted | null | undefined, condition: Condition): boolean {
  if (!granted) return false;
  if (typeof condition === "string") return granted.has(condition);
  if ("any" in condition) return condition.any.some((part) => can(granted, part));
  // Of nothing, every part is held; and nothing is no condition.
  return condition.all.length > 0 && condition.all.every((part) => can(granted, part));
}

/** Whether a text is a permission's key, such as `permission` in the body of a 403. */
export function isPermission(key: string): key is Permission {
  return globalThis.Object.prototype.hasOwnProperty.call(permissionLabels, key);
}
