/** Opens the state with one more migration: path, the migration's text. */
import { MIGRATIONS } from "../../../../cli/state/migrations.ts";
import { openState } from "../../../../cli/state/state.ts";

const [path = "", migration = ""] = process.argv.slice(2);
openState(path, { migrations: [...MIGRATIONS, migration] }).close();
