// Whether each FILE is a document of OpenAPI: `node openapi.mjs FILE…`.

import { Validator } from "@seriousme/openapi-schema-validator";

for (const file of process.argv.slice(2)) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(file);
  if (!valid || validator.version !== "3.1") {
    console.error(file, validator.version, JSON.stringify(errors, null, 2));
    process.exitCode = 1;
  }
}
