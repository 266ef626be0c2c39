/* `npm test` and `npm run test:long`: sets up, builds, runs tests/run.ts. ES5 only (see
   bin/node-version.js). Arguments: `--long`, and parts of test file names to run only those. */
"use strict";

require("../bin/node-version.js");
require("./test-steps.js").test(process.argv.slice(2));
