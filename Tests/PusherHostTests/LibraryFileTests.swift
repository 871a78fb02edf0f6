import Foundation
import Testing

@testable import PusherHost

@Suite("Library files")
struct LibraryFileTests {
    /// A library that every system with glibc has.
    private let content: Data

    init() throws {
        // The math library of this very system: it needs versions of libc's symbols.
        let paths = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"]
        let path = try #require(paths.first { FileManager.default.fileExists(atPath: $0) })
        content = try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func read<Value>(_ data: Data, _ body: (LibraryFile) -> Value) throws -> Value {
        try data.withUnsafeBytes { body(try LibraryFile($0)) }
    }

    @Test("name the processor and the versions that are needed")
    func reading() throws {
        try read(content) { library in
            #expect(library.machine == LibraryFile.ownMachine)
            #expect(library.versions.contains { $0.library == "libc.so.6" && $0.version.hasPrefix("GLIBC_2.") })
        }
    }

    @Test("can be loaded where the C library is as new, and not where it is older or the processor is another")
    func obstacles() throws {
        try read(content) { library in
            #expect(library.obstacle() == nil)
            #expect(library.obstacle(libc: "2.999") == nil)
            #expect(library.obstacle(libc: "2.1")?.contains("glibc 2.1") == true)
            #expect(library.obstacle(machine: 243)?.contains("this machine is RISC-V") == true)
        }
    }

    @Test("name the symbols that they use, and those that they define")
    func symbols() throws {
        let (undefined, left) = try content.withUnsafeBytes { bytes in
            let library = try LibraryFile(bytes)
            var left: Set = ["cbrt", "sin", "no_such_symbol"]
            try library.subtractDefined(from: &left)
            return (try library.undefinedSymbols(), left)
        }
        #expect(left == ["no_such_symbol"])
        #expect(undefined.contains("fputs") || undefined.contains("__assert_fail"))
        // Weak: a library does without it.
        #expect(!undefined.contains("__cxa_finalize"))
    }

    @Test("end with an error where they are cut or damaged, never outside of their bytes")
    func damage() throws {
        for length in [0, 4, 63, 64, 100, 1_000, content.count / 2] {
            #expect(throws: LibraryFile.Malformed.self) { try read(content.prefix(length)) { _ in } }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            var damaged = content
            // The headers are at the beginning; linkers put the dynamic section near the end.
            for _ in 0..<4 {
                let place = Int.random(in: 0..<1_024, using: &generator)
                let index = Bool.random(using: &generator) ? place : damaged.count - 1 - place * 8
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? read(damaged) { $0.obstacle() }
            _ = try? read(damaged) { SymbolSearch(runner: "/bin/true").obstacle(of: $0) }
        }
    }
}
