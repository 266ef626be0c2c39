/* `npm start`: from a fresh clone to a prompt. Dependencies, build, image (each only when missing
   or out of date), then the shell; arguments go to `sixfold`. ES5 only: see bin/node-version.js. */
"use strict";

require("../bin/node-version.js");
require("./start-steps.js").start(process.argv.slice(2));
