// How values are written. Belongs here: texts of single values. Does not belong here: which values.

/** A number with six significant digits and a true minus sign; a text as it is. */
const formatValue = value => typeof value === "number" ? String(Number(value.toPrecision(6))).replace("-", "−") : value;

/** file: a SourceFile. */
const formatFile = file => `${file.name} (version ${file.version}, SHA-256 ${file.sha256.slice(0, 12)}…)`;
