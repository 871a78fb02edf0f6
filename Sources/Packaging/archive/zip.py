"""Packs a directory as a zip that keeps modes and is the same each time: zip.py DIRECTORY FILE LEVEL."""

import pathlib
import sys
import zipfile

directory, file, level = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
    for path in sorted(directory.rglob("*")):
        if path.is_dir():
            continue
        # Links are followed: Lambda's own tools do not keep them everywhere.
        entry = zipfile.ZipInfo(str(path.relative_to(directory)), (1980, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
        entry.create_system = 3
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes(), compresslevel=level)
