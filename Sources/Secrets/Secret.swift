internal import CSodium

/// Bytes that must not show: in guarded memory, wiped when the last reference goes, never printed.
///
/// The memory comes from libsodium: locked where the system allows it, left out of core dumps, and between guard pages.
public final class Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // Written in init only, and given back in deinit.
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
    /// The number of bytes.
    public let count: Int

    /// Copies bytes. The caller wipes its own.
    public init(copying bytes: UnsafeRawBufferPointer) {
        let memory = GuardedMemory.take(bytes.count)
        if let source = bytes.baseAddress { memory.copyMemory(from: source, byteCount: bytes.count) }
        self.memory = memory
        count = bytes.count
    }

    private init(memory: UnsafeMutableRawPointer, count: Int) {
        self.memory = memory
        self.count = count
    }

    /// Takes bytes over, and wipes where they came from.
    public static func taking(_ bytes: inout [UInt8]) -> Secret {
        defer { wipe(&bytes) }
        return bytes.withUnsafeBytes { Secret(copying: $0) }
    }

    /// Takes bytes over that a plugin or a service sent, and wipes where they came from.
    ///
    /// - Returns: nil where there is no guarded memory left for them.
    public static func takingIfRoom(_ bytes: inout [UInt8]) -> Secret? {
        defer { wipe(&bytes) }
        return bytes.withUnsafeBytes { source in
            guard let memory = GuardedMemory.takeIfRoom(source.count) else { return nil }
            if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
            return Secret(memory: memory, count: source.count)
        }
    }

    /// Copies a text's UTF-8.
    public static func text(_ text: String) -> Secret {
        var bytes = Array(text.utf8)
        return taking(&bytes)
    }

    deinit { GuardedMemory.give(memory, count) }

    /// Lends the bytes.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Lends the bytes as a C string. A NUL within ends it early.
    public func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var terminated = [CChar](repeating: 0, count: count + 1)
        defer { terminated.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) } }
        terminated.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: memory, count: count)) }
        return try body(terminated)
    }

    /// Overwrites bytes in a way that the compiler does not take out.
    public static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
        bytes.removeAll()
    }

    /// Overwrites bytes where they stand.
    public static func wipe(_ bytes: UnsafeMutableRawBufferPointer) { sodium_memzero(bytes.baseAddress, bytes.count) }

    /// Never the bytes.
    public var description: String { "<secret>" }
    /// Never the bytes.
    public var debugDescription: String { "<secret>" }
    /// Nothing to see.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Equatable {
    /// Compares in constant time.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.count == right.count && sodium_memcmp(left.memory, right.memory, left.count) == 0
    }
}
