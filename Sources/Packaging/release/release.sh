#!/bin/sh
# Completes a release: release.sh DIRECTORY RESOLVED COMMIT EPOCH, where DIRECTORY has the Debian package, the portable archive and the zip for
# AWS Lambda. Adds the recipe of an image, the bill of materials, SHA256SUMS and, where MINISIGN_KEY names a secret key of minisign(1),
# SHA256SUMS.minisig. Whoever checks the signature and then the sums has checked every file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
resolved=$2
commit=$3
epoch=$4

archive=$(ls keyturn-*-x86_64.tar.gz)
version=${archive#keyturn-}
version=${version%-x86_64.tar.gz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xzf "$archive"

install -m 644 "$here/../archive/Containerfile" Containerfile
python3 "$here/sbom.py" "$work/keyturn-$version-x86_64" "$resolved" "$version" "$commit" "$epoch" > "keyturn-$version.cdx.json"

rm -f SHA256SUMS SHA256SUMS.minisig
find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort | xargs sha256sum > "$work/sums"
mv "$work/sums" SHA256SUMS
if [ -n "${MINISIGN_KEY:-}" ]; then
  minisign -S -s "$MINISIGN_KEY" -m SHA256SUMS -t "keyturn $version, commit $commit" < "${MINISIGN_PASSWORD_FILE:-/dev/null}"
else
  echo "not signed: MINISIGN_KEY names no key of minisign" >&2
fi
cat SHA256SUMS
