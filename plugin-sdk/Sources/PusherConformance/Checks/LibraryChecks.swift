/// The library as a file: nothing is loaded.
enum LibraryChecks {
    static let all = [
        ConformanceCheck("exports", "Only entry points are exported: other names could clash with another library's.") {
            bench throws(Stop) in
            let exports = try ELF(path: bench.subject.library).exports
            if !exports.contains("kt_pusher_entry_v1") { bench.fail("it does not export kt_pusher_entry_v1") }
            let others = exports.filter { !$0.hasPrefix("kt_pusher_entry_v") }.sorted()
            guard let first = others.first else { return }
            bench.warn(
                "it also exports \(others.count == 1 ? first : "\(first) and \(others.count - 1) more"): link with "
                    + "-fvisibility=hidden, or with a version script")
        },
        ConformanceCheck(
            "self-contained", "It needs no library that a plain system lacks, and looks for none in odd places."
        ) {
            bench throws(Stop) in
            let library = try ELF(path: bench.subject.library)
            let plain = [
                "libc.so.", "libm.so.", "libpthread.so.", "libdl.so.", "librt.so.", "ld-linux", "libgcc_s.so.",
                "libstdc++.so.",
            ]
            for name in library.needed where !plain.contains(where: name.hasPrefix) {
                bench.warn("it needs \(name), which is not on every system: link it statically")
            }
            // SwiftPM always writes $ORIGIN, which leads to the plugin's own directory.
            for path in library.searchPaths where path != "$ORIGIN" {
                bench.warn("it looks for libraries in \(path): link without -rpath")
            }
        },
        ConformanceCheck(
            "hardened", "No executable stack and no text relocations: the runner's enclosure refuses both."
        ) {
            bench throws(Stop) in
            let library = try ELF(path: bench.subject.library)
            if library.hasExecutableStack { bench.warn("it asks for an executable stack: link with -z noexecstack") }
            if library.hasTextRelocations { bench.warn("it has text relocations: compile with -fPIC") }
        },
    ]
}
