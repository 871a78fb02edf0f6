/// Builds `SecretBytes` piece by piece, and wipes what it leaves behind when it grows.
public struct SecretBuilder: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
    private var count = 0

    /// Makes an empty one.
    public init() {}

    deinit {
        wipe(memory)
        memory.deallocate()
    }

    mutating func append(_ byte: UInt8) {
        if count == memory.count { grow() }
        memory[count] = byte
        count += 1
    }

    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    /// Adds bytes, which are no secret where they stand as text.
    public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        for byte in bytes { append(byte) }
    }

    /// Adds a secret's bytes.
    public mutating func append(_ secret: SecretBytes) {
        secret.withBytes { append(contentsOf: $0) }
    }

    /// A copy of what was built so far; the builder's own memory is wiped with the builder.
    public func bytes() -> SecretBytes {
        SecretBytes(copying: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: memory.count * 2, alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(memory))
        wipe(memory)
        memory.deallocate()
        memory = larger
    }
}
