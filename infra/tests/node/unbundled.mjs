// Resolves imports of folders and of files without an ending: dt-sql-parser is published for bundlers.
const ENDINGS = { ERR_UNSUPPORTED_DIR_IMPORT: "/index.js", ERR_MODULE_NOT_FOUND: ".js" };

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith(".") || !(error.code in ENDINGS)) throw error;
    return next(specifier + ENDINGS[error.code], context);
  }
}
