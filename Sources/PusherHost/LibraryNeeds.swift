/// What a library needs of the machine that loads it.
public struct LibraryNeeds: Hashable, Sendable {
    /// Libraries that are loaded with it, in the order that it names them: `libc.so.6`.
    public var libraries: [String]
    /// The glibc that it needs at least, "2.34"; nil: any.
    public var glibc: String?

    init(_ file: LibraryFile) {
        libraries = file.needed
        let versions = file.versions.compactMap { _, version in
            version.hasPrefix("GLIBC_") ? LibraryFile.numbers(version.dropFirst(6)).map { (version, $0) } : nil
        }
        glibc = versions.max { $0.1.lexicographicallyPrecedes($1.1) }.map { String($0.0.dropFirst(6)) }
    }
}
