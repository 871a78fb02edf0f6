import CPusherKit

/// Bytes that are wiped when they are let go, and that print as `[redacted]`: tokens, secret keys, and every request
/// or response that may hold one.
public final class SecretBytes: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Written in `init` only, and read-only from then on, so several threads may read it.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// The number of bytes.
    public var count: Int { memory.count }

    /// True if every byte is a visible ASCII character, as in a token: nothing that could end a header field.
    public var isVisibleASCII: Bool { memory.allSatisfy { (0x21...0x7e).contains($0) } }

    /// Copies text. The original stays where it is: for what is not a secret, or is one already in a `String`.
    public convenience init(_ text: String) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        memory.copyBytes(from: text.utf8)
        self.init(owning: memory)
    }

    /// Copies bytes.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(owning: UnsafeMutableRawBufferPointer(copyOf: bytes))
    }

    /// Takes memory over, to wipe and free it.
    init(owning memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    deinit {
        wipe(memory)
        memory.deallocate()
    }

    /// Lends the bytes to `body`. They are not to be copied to where they would not be wiped.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        defer { withExtendedLifetime(self) {} }
        return body(UnsafeRawBufferPointer(memory))
    }

    /// Whether the UTF-8 of `text` is equal to the bytes.
    public func equals(_ text: String) -> Bool {
        memory.elementsEqual(text.utf8)
    }

    /// A copy as text, for what turned out to be no secret, such as a key ID; nil where it is not UTF-8.
    public var text: String? { String(validating: memory, as: UTF8.self) }

    /// Never the bytes.
    public var description: String { "[redacted]" }
    /// Never the bytes.
    public var debugDescription: String { "[redacted]" }
}

#if !hasFeature(Embedded)
extension SecretBytes: CustomReflectable {
    /// Never the bytes.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
#endif

extension SecretBytes: Equatable {
    /// Compares every byte, whatever the first difference is.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left.memory, right.memory).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Overwrites memory in a way that the compiler does not take out.
func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    kt_overwrite(base, memory.count)
}
