import type { Command } from "./command.ts";
import { login, logout } from "./commands/account.ts";
import { attach } from "./commands/attach.ts";
import { changes } from "./commands/changes.ts";
import { completionOf } from "./commands/completion.ts";
import { exportFile } from "./commands/export.ts";
import { importSource } from "./commands/import.ts";
import { download, upload } from "./commands/objects.ts";
import { grants, keys, whoami } from "./commands/people.ts";
import { diff, get, history, lineage, query } from "./commands/read.ts";
import { register } from "./commands/register.ts";
import { schemas } from "./commands/schemas.ts";
import { stats } from "./commands/stats.ts";
import { types } from "./commands/types.ts";
import { users } from "./commands/users.ts";
import { create, remove, restore, update } from "./commands/write.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  login,
  logout,
  whoami,
  create,
  update,
  remove,
  restore,
  register,
  importSource,
  query,
  get,
  history,
  diff,
  lineage,
  changes,
  exportFile,
  upload,
  attach,
  download,
  stats,
  types,
  schemas,
  users,
  keys,
  grants,
  completionOf(() => COMMANDS),
];
