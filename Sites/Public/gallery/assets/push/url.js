/// The address with query parameters added; those without a value are left out.
export function withQuery(url, parameters) {
  const result = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") result.searchParams.set(name, value);
  }
  return result.href;
}
