"""A bill of materials in CycloneDX 1.5: sbom.py TREE RESOLVED VERSION COMMIT EPOCH > keyturn.cdx.json

TREE is an unpacked portable archive, RESOLVED is Package.resolved. Components are the Swift packages that are linked, and the shared libraries
that the archive brings, as dpkg knows them on the machine that packed it. The same inputs give the same bytes.
"""

import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid


def swift_packages(resolved):
    """What Package.resolved pins: libraries that are linked into the programs, by their addresses."""
    for pin in sorted(json.loads(pathlib.Path(resolved).read_text())["pins"], key=lambda pin: pin["identity"]):
        address = re.sub(r"^https://|\.git$", "", pin["location"])
        version = pin["state"].get("version") or pin["state"]["revision"]
        yield {
            "type": "library", "bom-ref": f"pkg:swift/{address}@{version}", "name": pin["identity"], "version": version,
            "purl": f"pkg:swift/{address}@{version}"}


def debian(library):
    """The Debian package, with its version, that a library of this machine comes from; None where dpkg does not know it."""
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    for path in re.findall(rf"^\s*{re.escape(library)} .* => (\S+)$", listed, re.M):
        for name in (path, str(pathlib.Path(path).resolve()), path.removeprefix("/usr"), "/usr" + path):
            found = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True)
            if found.returncode == 0:
                package = found.stdout.split(":")[0]
                version = subprocess.run(
                    ["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=True).stdout
                return package, version.splitlines()[0]
    return None


def libraries(tree):
    """What lies next to the programs."""
    for path in sorted((pathlib.Path(tree) / "lib" / "keyturn" / "libraries").glob("*")):
        found = debian(path.name)
        component = {
            "type": "library", "name": path.name,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]}
        if found:
            package, version = found
            purl = f"pkg:deb/debian/{package}@{version.replace(':', '%3A').replace('+', '%2B')}?arch=amd64"
            component |= {"name": package, "version": version, "purl": purl, "bom-ref": f"{purl}#{path.name}",
                          "properties": [{"name": "keyturn:file", "value": path.name}]}
        else:
            component["bom-ref"] = f"file:{path.name}"
        yield component


def main():
    tree, resolved, version, commit, epoch = sys.argv[1:]
    components = [*swift_packages(resolved), *libraries(tree)]
    text = json.dumps(components, sort_keys=True)
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'keyturn {version} {commit} {text}')}",
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": "keyturn", "name": "keyturn", "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "properties": [{"name": "keyturn:commit", "value": commit}]}},
        "components": components,
        "dependencies": [{"ref": "keyturn", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


main()
