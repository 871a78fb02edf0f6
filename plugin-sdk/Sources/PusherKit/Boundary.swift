import CKeyturnPusher

// How what the other side lends is read. Structs are read field by field, by the functions of CPusherKit.

extension kt_string {
    /// The bytes, or nil where pointer and length contradict each other.
    var bytes: UnsafeRawBufferPointer? {
        rawBytes(UnsafeRawPointer(data), length)
    }

    /// A copy as text, or nil where it is not UTF-8.
    var text: String? {
        guard let bytes else { return nil }
        return String(validating: bytes.bindMemory(to: UInt8.self), as: UTF8.self)
    }
}

extension kt_bytes {
    /// The bytes, or nil where pointer and length contradict each other.
    var bytes: UnsafeRawBufferPointer? {
        rawBytes(UnsafeRawPointer(data), length)
    }
}

private func rawBytes(_ data: UnsafeRawPointer?, _ length: UInt64) -> UnsafeRawBufferPointer? {
    guard length > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard let data, let count = Int(exactly: length) else { return nil }
    return UnsafeRawBufferPointer(start: data, count: count)
}

extension SecretBytes {
    /// The bytes as the ABI lends them: valid as long as `self` is.
    var borrowedString: kt_string {
        withBytes {
            kt_string(data: $0.baseAddress?.assumingMemoryBound(to: CChar.self), length: UInt64($0.count))
        }
    }

    /// The bytes as the ABI lends them: valid as long as `self` is.
    var borrowedBytes: kt_bytes {
        withBytes { kt_bytes(data: $0.baseAddress?.assumingMemoryBound(to: UInt8.self), length: UInt64($0.count)) }
    }
}

/// The size of a struct of ours, as its `size` field gives it.
func size<Struct>(of type: Struct.Type) -> UInt32 {
    UInt32(MemoryLayout<Struct>.size)
}
