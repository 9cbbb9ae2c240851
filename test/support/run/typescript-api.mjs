// Generators call the compiler as a library, which TypeScript 7 does not offer: they get 5.9.
import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const library = createRequire(import.meta.url).resolve("typescript-5.9");

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "typescript"
      ? { url: pathToFileURL(library).href, shortCircuit: true }
      : next(specifier, context),
});
