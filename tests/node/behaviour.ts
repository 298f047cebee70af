// What a frontend does with the module, run under node. Nothing of node is used, so that it is typed
// as a browser's code would be.

import {
  $desk$tickets,
  allOf,
  anyOf,
  AuditLog,
  can,
  fingerprint,
  granted,
  isPermission,
  moduleLabels,
  permissionLabels,
  roleLabels,
  roles,
  Set as Sets,
  Users,
  type Condition,
  type Granted,
  type Module,
  type Permission,
  type Role,
} from "./permissions.js";

function check(what: string, is: boolean): void {
  if (!is) throw new Error(what);
}

const mine: Granted = granted({ permissions: ["users.update", "desk.tickets.view", "from.a_newer_service"] });
const holds = (condition: Condition): boolean => can(mine, condition);

check("a key that is held", holds(Users.UPDATE));
check("the same, written out", holds("users.update"));
check("a key that is not held", !holds(Users.RESET_PASSWORD));
check("any, one of which is held", holds(anyOf(Users.RESET_PASSWORD, Users.UPDATE)));
check("any, none of which is held", !holds(anyOf(Users.RESET_PASSWORD, AuditLog.EXPORT)));
check("all, which are held", holds(allOf(Users.UPDATE, $desk$tickets.VIEW)));
check("all, one of which is not held", !holds(allOf(Users.UPDATE, Users.RESET_PASSWORD)));

// Nesting, by its truth table: all(any(a, b), c).
for (const a of [false, true]) {
  for (const b of [false, true]) {
    for (const c of [false, true]) {
      const permissions: Permission[] = [];
      if (a) permissions.push("users.update");
      if (b) permissions.push("users.edit");
      if (c) permissions.push("set.delete");
      const condition = allOf(anyOf(Users.UPDATE, "users.edit"), Sets.DELETE);
      check(`all(any(${a}, ${b}), ${c})`, can(granted({ permissions }), condition) === ((a || b) && c));
    }
  }
}

// Nothing is granted before the answer is there, nor by a condition that asks for nothing.
check("nobody", !can(undefined, Users.UPDATE) && !can(null, Users.UPDATE));
check("no answer yet", granted(undefined).size === 0 && granted(null).size === 0);
check("all of nothing", !can(mine, { all: [] } as unknown as Condition));
check("any of nothing", !can(mine, { any: [] } as unknown as Condition));
check("a set of one's own", can(new Set<Permission>([Users.UPDATE]), Users.UPDATE));

check("a key", isPermission("users.update") && isPermission(Sets.DEFAULT));
for (const text of ["users.nothing", "", "toString", "__proto__", "constructor"]) {
  check(`no key: ${text}`, !isPermission(text));
}
const text: string = "users.edit";
if (isPermission(text)) {
  const key: Permission = text;
  check("its label", permissionLabels[key] === "Edit");
}

const module: Module = "set";
const role: Role = roles.DESK_LEAD;
check("any text survives", permissionLabels["set.default"] === "`*` | \\ _ <b> \"quoted\"\u2028two lines");
check("a module's label", moduleLabels[module] === "Sets */ <script>");
check("a role", role === "desk.lead" && roleLabels[role] === "Lead | of a desk");
check("a fingerprint", /^sha256:[0-9a-f]{64}$/.test(fingerprint));
check("each module's keys", Object.values(Users).every((key) => key.startsWith("users.")));
