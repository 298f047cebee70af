// Uses of permissions, two of which are deprecated.

import { Users } from "./permissions.js";

export const used: string[] = [Users.EDIT, Users.PEEK, Users.RESET_PASSWORD, Users.UPDATE];
