import CKeyturnPusher

/// Memory that the ABI lends, freed at once at the end: a plugin that keeps a pointer reads overwritten bytes.
final class Arena {
    private var pieces: [UnsafeMutableRawBufferPointer] = []

    deinit {
        for piece in pieces {
            piece.initializeMemory(as: UInt8.self, repeating: 0xdd)
            piece.deallocate()
        }
    }

    func string(_ text: String) -> kt_string {
        let (data, length) = copy(Array(text.utf8))
        return kt_string(data: data?.assumingMemoryBound(to: CChar.self), length: length)
    }

    func bytes(_ text: String) -> kt_bytes {
        let (data, length) = copy(Array(text.utf8))
        return kt_bytes(data: data?.assumingMemoryBound(to: UInt8.self), length: length)
    }

    func headers(_ fields: [String: String]) -> UnsafePointer<kt_header>? {
        let memory = piece(max(fields.count, 1) * MemoryLayout<kt_header>.stride)
        let headers = memory.bindMemory(to: kt_header.self)
        for (index, field) in fields.enumerated() {
            headers.initializeElement(at: index, to: kt_header(name: string(field.key), value: string(field.value)))
        }
        return UnsafePointer(headers.baseAddress)
    }

    /// A struct that says a smaller size than it has, and has rubbish in the fields beyond it; or one that says a
    /// larger size, and has the fields of a later version behind it.
    func place<Struct>(_ value: Struct, size: Int? = nil) -> UnsafePointer<Struct> {
        let full = MemoryLayout<Struct>.size
        let told = size ?? full
        let memory = piece(max(full, told))
        memory.initializeMemory(as: UInt8.self, repeating: 0xa5)
        withUnsafeBytes(of: value) { bytes in
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(told)))
        }
        memory.storeBytes(of: UInt32(told), as: UInt32.self)
        return UnsafeRawPointer(memory.baseAddress!).assumingMemoryBound(to: Struct.self)
    }

    private func copy(_ bytes: [UInt8]) -> (UnsafeRawPointer?, UInt64) {
        guard !bytes.isEmpty else { return (nil, 0) }
        let memory = piece(bytes.count)
        memory.copyBytes(from: bytes)
        return (UnsafeRawPointer(memory.baseAddress), UInt64(bytes.count))
    }

    private func piece(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        pieces.append(memory)
        return memory
    }
}
