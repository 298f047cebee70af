// What a frontend developer gets wrong: the test shows what the compiler says.

import { allOf, anyOf, can, granted, permissionLabels, Users, type Granted, type Permission } from "./permissions.js";

const mine: Granted = granted({ permissions: [] });

// A typo, in an argument, in a constant, in a condition, in a variable.
can(mine, "users.updaet");
can(mine, Users.UPDAET);
can(mine, anyOf("users.update", "users.updaet"));
export const key: Permission = "users.updaet";

// A text that may be anything.
export const text = (permission: string): boolean => can(mine, permission);

// A condition that asks for nothing.
can(mine, allOf());

// The answer of the service, not what was read from it.
can({ permissions: ["users.update"] }, Users.UPDATE);

// A label of nothing.
export const label: string = permissionLabels["users.nothing"];

// Constants are not changed.
Users.UPDATE = "users.edit";
