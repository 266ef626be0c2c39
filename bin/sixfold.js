#!/usr/bin/env node
/* The `sixfold` command: checks the Node version, then hands over to src/cli. ES5 only (see
   node-version.js); what needs a newer Node is in launch.js. */
"use strict";

require("./node-version.js");
require("./launch.js").launch(process.argv.slice(2));
