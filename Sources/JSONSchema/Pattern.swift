internal import CRE2
internal import Synchronization

/// A regular expression of a schema, in RE2's syntax (github.com/google/re2/wiki/Syntax). A manifest's author chooses it, so it
/// must not be able to stop keyturn: RE2 needs time in proportion to the text, and the memory that it is given.
final class Pattern: Sendable {
    /// Why a pattern cannot be used.
    struct Malformed: Error {
        /// RE2's words: "missing ): (".
        var reason: String
    }

    /// The longest pattern, in bytes.
    static let longest = 4_096
    /// The longest text that is matched, in bytes. A longer one does not have the form of anything.
    static let longestText = 1 << 20
    /// What a compiled pattern may take, in bytes.
    private static let memory: Int64 = 1 << 20
    /// Schemas come from manifests, which are few.
    private static let limit = 1_024
    private static let reasonSize = 256

    // RE2's compiled pattern is immutable, and made for many threads (re2.h). It is freed once, by deinit.
    private nonisolated(unsafe) let compiled: OpaquePointer

    private init(_ text: String) throws(Malformed) {
        guard text.utf8.count <= Self.longest else {
            throw Malformed(reason: "it is longer than \(Self.longest) bytes")
        }
        var reason = [CChar](repeating: 0, count: Self.reasonSize)
        var text = text
        let compiled = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                kt_re2_compile($0.baseAddress, $0.count, Self.memory, &reason, reason.count)
            }
        }
        guard let compiled else {
            let words = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Malformed(reason: String(decoding: words, as: UTF8.self))
        }
        self.compiled = compiled
    }

    deinit { kt_re2_free(compiled) }

    /// Whether the pattern is found in the text.
    func isFound(in text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.count <= Self.longestText
                && bytes.withMemoryRebound(to: CChar.self) { kt_re2_is_found(compiled, $0.baseAddress, $0.count) != 0 }
        }
    }

    private static let known = Mutex<[String: Result<Pattern, Malformed>]>([:])

    /// A pattern by its text: compiled once, however many values are held against it.
    static func compile(_ text: String) throws(Malformed) -> Pattern {
        if let known = known.withLock({ $0[text] }) { return try known.get() }
        let result = Result { () throws(Malformed) in try Pattern(text) }
        known.withLock { known in
            if known.count >= limit { known = [:] }
            known[text] = result
        }
        return try result.get()
    }
}
