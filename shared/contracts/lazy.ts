/** A value that is computed when somebody first asks, and only once. */
export type Lazy<Value> = () => Value;

export function lazy<Value>(compute: () => Value): Lazy<Value> {
  let result: { readonly value: Value } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}
