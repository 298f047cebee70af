/* eslint-disable */
// Written by `upr catalog --format typescript`. Do not edit: change the declarations in Rust, and
// write it again.

/** The catalog's fingerprint; the service's own catalog says its. */
export const fingerprint = "sha256:2824a17231bfad015c59ed7aa867396da9cffd1b7e57213680c8f7a5e19abe47";

/** The key of a permission. */
export type Permission =
  | "audit-log.export"
  | "desk.tickets.close"
  | "desk.tickets.createTagBinding"
  | "desk.tickets.delete"
  | "desk.tickets.view"
  | "desk_tickets.getItem"
  | "desk_tickets.get_item"
  | "set.default"
  | "set.delete"
  | "users.edit"
  | "users.peek"
  | "users.reset_password"
  | "users.update";

/** The key of a module. */
export type Module =
  | "audit-log"
  | "desk"
  | "desk.tickets"
  | "desk_tickets"
  | "set"
  | "users";

/** The key of a role that the code defines; a store may hold more. */
export type Role =
  | "admin"
  | "desk.lead"
  | "support";

/** Audit log */
export const AuditLog = {
  /**
   * Export
   *
   * As a file:
   *
   * - CSV
   * - JSON, `a | b`
   */
  EXPORT: "audit-log.export",
} as const;

/**
 * Desk
 *
 * Set twice: `desk.tickets` has a module of its own.
 */
export const Desk = {
} as const;

/**
 * Tickets
 *
 * What customers ask.
 *
 * Each has *one* desk, and:
 *
 * - an author
 * - an assignee
 */
export const $desk$tickets = {
  /** Close */
  CLOSE: "desk.tickets.close",
  /** Create tag binding */
  CREATE_TAG_BINDING: "desk.tickets.createTagBinding",
  /**
   * Delete
   *
   * Critical: at least one active subject always holds it.
   */
  DELETE: "desk.tickets.delete",
  /** View */
  VIEW: "desk.tickets.view",
} as const;

/** Clashes in TypeScript with `desk.tickets` */
export const $desk_tickets = {
  /** Clashes with the next */
  "getItem": "desk_tickets.getItem",
  /** Get item */
  "get_item": "desk_tickets.get_item",
} as const;

/**
 * Sets *\/ <script>
 *
 * <!-- \@deprecated not really --> # No heading | a | b | | - | - |
 */
export const Set = {
  /** `*` | \ _ <b> "quoted" two lines */
  DEFAULT: "set.default",
  /**
   * Delete
   *
   * Ends *\/ here. ``` Never closed. [x](javascript:alert(1))
   */
  DELETE: "set.delete",
} as const;

/**
 * Users
 *
 * User accounts.
 */
export const Users = {
  /**
   * Edit
   *
   * @deprecated since 1.1.0, goes in 2.0.0: use `update` instead ({@link Users.UPDATE})
   */
  EDIT: "users.edit",
  /**
   * Peek
   *
   * Critical: at least one active subject always holds it.
   *
   * @deprecated nobody | needs it
   */
  PEEK: "users.peek",
  /**
   * Reset password
   *
   * Send a reset link and end all sessions.
   */
  RESET_PASSWORD: "users.reset_password",
  /** Update */
  UPDATE: "users.update",
} as const;

/** The roles that the code defines. */
export const roles = {
  /** Administrator */
  ADMIN: "admin",
  /** Lead | of a desk */
  DESK_LEAD: "desk.lead",
  /** Support */
  SUPPORT: "support",
} as const;

/** Each permission's label. */
export const permissionLabels: Readonly<Record<Permission, string>> = {
  "audit-log.export": "Export",
  "desk.tickets.close": "Close",
  "desk.tickets.createTagBinding": "Create tag binding",
  "desk.tickets.delete": "Delete",
  "desk.tickets.view": "View",
  "desk_tickets.getItem": "Clashes with the next",
  "desk_tickets.get_item": "Get item",
  "set.default": "`*` | \\ _ <b> \"quoted\"\u2028two lines",
  "set.delete": "Delete",
  "users.edit": "Edit",
  "users.peek": "Peek",
  "users.reset_password": "Reset password",
  "users.update": "Update",
};

/** Each module's label. */
export const moduleLabels: Readonly<Record<Module, string>> = {
  "audit-log": "Audit log",
  "desk": "Desk",
  "desk.tickets": "Tickets",
  "desk_tickets": "Clashes in TypeScript with `desk.tickets`",
  "set": "Sets */ <script>",
  "users": "Users",
};

/** Each role's label. */
export const roleLabels: Readonly<Record<Role, string>> = {
  "admin": "Administrator",
  "desk.lead": "Lead | of a desk",
  "support": "Support",
};

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
