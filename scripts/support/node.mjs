// Loaded before a script, since an old Node could not even read the script that says so.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This is Node ${process.versions.node}; the scripts need 22.18 or later.\n` +
      "`npm ci` installs one into node_modules, and `npm start` and `npm run ...` use it.",
  );
  process.exit(1);
}
