// Holds pages against html-validate: a line in is a page as JSON, a line out what is wrong.
import { createInterface } from "node:readline";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";
import { readFileSync } from "node:fs";

const config = JSON.parse(readFileSync(new URL("htmlvalidate.json", import.meta.url), "utf8"));
const validator = new HtmlValidate(new FileSystemConfigLoader([], config));

for await (const line of createInterface({ input: process.stdin })) {
  const report = await validator.validateString(JSON.parse(line));
  const said = report.results.flatMap((result) => result.messages);
  process.stdout.write(`${JSON.stringify(said.map((one) => `${one.line} ${one.ruleId}: ${one.message}`))}\n`);
}
