// Plain JavaScript, so that a Node that is too old can still say so.
const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `the tests need Node 24 or newer, and this is ${process.version}: on Linux "npm ci" brings it along, elsewhere install it first`,
  );
  process.exit(1);
}
