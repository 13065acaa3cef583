#!/bin/sh
# run_python.sh DEFAULT_PYTHON SCRIPT: runs the script, or exits 77 (skipped) where there is no such Python.
python=${RINGRL_PYTHON:-$1}
if [ ! -x "$python" ]; then
  echo "skipped: no $python; './ringrl test --interop' installs it"
  exit 77
fi
exec "$python" "$2"
