/** Writes the generated pages of docs/: `npx tsx tests/docs/write.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tidy/source.js";
import { pages } from "./pages.js";

for (const { path, text } of pages) writeFileSync(join(root, path), text());
