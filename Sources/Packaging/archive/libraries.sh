#!/bin/sh
# Copies every shared library that programs need, with those that they need, to a directory: libraries.sh TO FILE…
# The dynamic linker is one of them.
set -eu
to=$1
shift
mkdir -p "$to"
for file; do
  # A line is `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` for the dynamic linker.
  ldd "$file" | sed -nE 's/^[[:space:]]*(.* => )?(\/[^ ]+) \(0x[0-9a-f]+\)$/\2/p' | while read -r library; do
    target=$to/${library##*/}
    [ -e "$target" ] || install -m 755 "$library" "$target"
  done
  if ldd "$file" | grep 'not found' >&2; then exit 1; fi
done
