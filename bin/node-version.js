/* The first thing that every entry point runs: is this Node new enough? ES5 only, so that any Node
   parses it; one clear line instead of a syntax error from somewhere inside. */
"use strict";

var OLDEST_MAJOR = 20;
/* What `sixfold` exits with when it could not start at all (as `docker run` does). */
var EXIT_CANNOT_START = 125;

var found = process.versions.node + " (" + process.execPath + ")";

if (parseInt(process.versions.node, 10) < OLDEST_MAJOR) {
  console.error("sixfold: needs Node " + OLDEST_MAJOR + " or newer, but this is Node " + found);
  process.exit(EXIT_CANNOT_START);
}
