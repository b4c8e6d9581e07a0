#!/bin/sh
# Makes a fresh clone ready: installs the locked packages (Node 24 among them) when they are missing
# or older than the lock file. Every npm script that does real work starts here; it is silent when
# there is nothing to do.
set -eu
cd "$(dirname "$0")/.."
if [ ! -x node_modules/.bin/node ] || [ package-lock.json -nt node_modules/.sealane-installed ]; then
  echo "installing packages (once per lock file) ..."
  # Not "npm ci": it refuses a lock file that lacks other platforms' optional packages, which registries may lack.
  npm install --no-save --no-progress --loglevel=error
  touch node_modules/.sealane-installed
fi
