#!/bin/sh
# Makes the archives from an installed tree: pack.sh TREE OUTPUT, where TREE is what `make install` wrote for an empty prefix. OUTPUT gets
# keyturn-VERSION-x86_64.tar.gz, for any Linux on x86-64 whatever its C library, and keyturn-lambda-VERSION.zip, for AWS Lambda. The same
# tree gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
# How hard the archives are compressed: 1 is quick.
LEVEL=${LEVEL:-9}
umask 022
version=$("$tree/bin/keyturn" --version)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/keyturn-$version-x86_64

cc -Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-builtin -fno-asynchronous-unwind-tables -Wall -Wextra -Werror \
  -Wl,--build-id=none -Wl,-z,noexecstack -o "$work/launcher" "$here/launcher.c"
strip "$work/launcher"

cp -a "$tree" "$root"
programs=$root/lib/keyturn/programs
mkdir -p "$programs"
mv "$root/bin/keyturn" "$root/libexec/keyturn/keyturn-runner" "$root/libexec/keyturn/keyturn-sandbox" "$programs"
rm "$root/libexec/keyturn/keyturn-conformance"
for place in bin/keyturn libexec/keyturn/keyturn-runner libexec/keyturn/keyturn-sandbox libexec/keyturn/keyturn-conformance; do
  install -m 755 "$work/launcher" "$root/$place"
done
# Units of systemd name a fixed place, which this archive does not have: they are examples here, for the place that the guide unpacks it to.
rm -rf "$root/lib/systemd"
mkdir -p "$root/share/keyturn/systemd"
for unit in "$here"/../systemd/*; do
  sed 's#/usr/local/#/opt/keyturn/#g' "$unit" > "$root/share/keyturn/systemd/${unit##*/}"
done

# The first thing that is looked for: what this is, how to begin, and where the rest is.
sed "s/VERSION/$version/" "$here/README.md" > "$root/README.md"

# What is loaded by name: libcurl, and PostgreSQL's client library.
found() { ldconfig -p | sed -n "s/^[[:space:]]*$1 .* => //p" | head -n 1; }
libpq=$(found 'libpq\.so\.5')
libcurl=$(found 'libcurl\.so\.4')
[ -n "$libpq" ] || { echo "libpq.so.5 is not installed: apt install libpq5" >&2; exit 1; }
[ -n "$libcurl" ] || { echo "libcurl.so.4 is not installed: apt install libcurl4" >&2; exit 1; }

pack_zip() {
  cp -a "$root" "$work/lambda"
  "$here/libraries.sh" "$work/lambda/lib/keyturn/libraries" "$programs"/* "$libcurl"
  install -m 755 "$libcurl" "$work/lambda/lib/keyturn/libraries/libcurl.so.4"
  # Nothing there needs a person: no pages, no headers, no templates, no stand-ins.
  rm -rf "$work/lambda/README.md" "$work/lambda/share" "$work/lambda/include" "$work/lambda/libexec/keyturn/keyturn-sandbox" \
    "$work/lambda/lib/keyturn/programs/keyturn-sandbox" "$work/lambda/libexec/keyturn/keyturn-conformance"
  mkdir -p "$work/lambda/share/doc/keyturn"
  install -m 644 "$root/share/doc/keyturn/LICENSE" "$work/lambda/share/doc/keyturn/LICENSE"
  install -m 755 "$work/launcher" "$work/lambda/bootstrap"
  python3 "$here/zip.py" "$work/lambda" "$output/keyturn-lambda-$version.zip" "$LEVEL"
}

pack_tar() {
  "$here/libraries.sh" "$root/lib/keyturn/libraries" "$programs"/* "$libcurl" "$libpq"
  install -m 755 "$libcurl" "$root/lib/keyturn/libraries/libcurl.so.4"
  install -m 755 "$libpq" "$root/lib/keyturn/libraries/libpq.so.5"
  tar -C "$work" --sort=name --mtime=@315532800 --owner=0 --group=0 --numeric-owner --format=gnu -cf - "keyturn-$version-x86_64" |
    gzip "-${LEVEL}n" > "$output/keyturn-$version-x86_64.tar.gz"
}

pack_zip
pack_tar
for file in "$output/keyturn-$version-x86_64.tar.gz" "$output/keyturn-lambda-$version.zip"; do
  echo "$file: $(wc -c < "$file") bytes"
done
echo "unpacked: $(du -sb "$root" | cut -f1) bytes; for Lambda: $(du -sb "$work/lambda" | cut -f1) bytes (it takes 262144000)"
