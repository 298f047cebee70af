// Names what editors strike out in FILE: `node deprecated.mjs FILE`.

import typescript from "typescript-5";

const file = process.argv[2];
const options = { strict: true, target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.NodeNext, types: [] };
const service = typescript.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: () => "1",
  getScriptSnapshot: (name) =>
    typescript.sys.fileExists(name)
      ? typescript.ScriptSnapshot.fromString(typescript.sys.readFile(name))
      : undefined,
  getCurrentDirectory: () => process.cwd(),
  getDefaultLibFileName: typescript.getDefaultLibFilePath,
  fileExists: typescript.sys.fileExists,
  readFile: typescript.sys.readFile,
});
for (const found of service.getSuggestionDiagnostics(file)) {
  if (found.reportsDeprecated) {
    console.log(typescript.flattenDiagnosticMessageText(found.messageText, "\n"));
  }
}
