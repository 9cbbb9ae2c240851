import type { Command } from "./command.ts";
import { login, logout } from "./commands/account.ts";
import { exportFile } from "./commands/export.ts";
import { importSource } from "./commands/import.ts";
import { download, upload } from "./commands/objects.ts";
import { diff, get, history, lineage, query } from "./commands/read.ts";
import { register } from "./commands/register.ts";
import { stats } from "./commands/stats.ts";
import { types } from "./commands/types.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  login,
  logout,
  register,
  importSource,
  query,
  get,
  history,
  diff,
  lineage,
  exportFile,
  upload,
  download,
  stats,
  types,
];
