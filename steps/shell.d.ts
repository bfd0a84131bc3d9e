/** A `.sh` or `.conf` file imported with `{ type: "text" }` is its text, embedded in the executable. */
declare module "*.sh" {
  const text: string;

  export { text as default };
}
declare module "*.conf" {
  const text: string;

  export { text as default };
}
