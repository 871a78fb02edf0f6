#!/bin/sh
# Packs an installed tree for Debian: package.sh ROOT FILE.deb, where ROOT/usr is what `make install PREFIX=/usr` wrote.
# COMPRESSION is one that dpkg-deb knows; none is quick.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$1" && pwd)
file=$2

umask 022
chmod 755 "$root" "$root/usr"
rm -rf "${root:?}/DEBIAN" "${root:?}/etc" "${root:?}/var" "${root:?}/lib"
mkdir -p "$root/DEBIAN" "$root/etc/keyturn" "$root/var/lib/keyturn" "$root/usr/share/man/man1"
find "$root/usr/share/man" -name '*.[15]' -exec gzip -9nf {} +

# The configuration that `init` writes, with this package's places in it.
init=$(mktemp -d)
trap 'rm -rf "$init"' EXIT
"$root/usr/bin/keyturn" init --config "$init/keyturn.yaml" --quiet >/dev/null
sed -e 's#^state: .*#state: sqlite:/var/lib/keyturn/state.db#' -e 's#^seal-key: .*#seal-key: { file: /etc/keyturn/seal.key }#' \
  "$init/keyturn.yaml" > "$root/etc/keyturn/keyturn.yaml"
grep -q /var/lib/keyturn/state.db "$root/etc/keyturn/keyturn.yaml"
grep -q /etc/keyturn/seal.key "$root/etc/keyturn/keyturn.yaml"

# What the libraries come from, as dpkg knows it.
mkdir "$init/debian"
printf 'Source: keyturn\n\nPackage: keyturn\nArchitecture: any\n' > "$init/debian/control"
libraries=$(cd "$init" && dpkg-shlibdeps -O "$root"/usr/bin/keyturn "$root"/usr/libexec/keyturn/* \
  "$root"/usr/lib/keyturn/pushers/*/pusher.so 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$libraries" ] || { echo "dpkg-shlibdeps found no libraries" >&2; exit 1; }

version=$("$root/usr/bin/keyturn" --version)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" -e "s/@LIBRARIES@/$libraries/" \
  -e "s/@SIZE@/$(du -sk "$root/usr" | cut -f1)/" "$here/control" > "$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
echo /etc/keyturn/keyturn.yaml > "$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
mkdir -p "$(dirname "$file")"
dpkg-deb --root-owner-group "-Z${COMPRESSION:-xz}" --build "$root" "$file"
