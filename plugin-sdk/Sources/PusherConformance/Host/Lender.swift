internal import CKeyturnPusher
internal import Glibc

/// Memory that is lent to the plugin, and taken back when its function returns.
final class Lender {
    /// What happens to a plugin that does more with it than it may.
    enum Mode {
        /// Overwritten and freed when the call ends. Digits follow a text, so that reading beyond it shows.
        case poisoned
        /// A page of its own, out of reach when the call has ended: touching it then is a crash.
        case retired
        /// It ends where an unreachable page begins: reading beyond the length is a crash.
        case fenced
    }

    private let mode: Mode
    private var pieces: [UnsafeMutableRawBufferPointer] = []
    private static let tail = 16
    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    init(_ mode: Mode) { self.mode = mode }

    deinit { takeBack() }

    func string(_ text: String) -> kt_string { string(Array(text.utf8)) }

    func string(_ bytes: [UInt8]) -> kt_string {
        let place = copy(bytes)
        return kt_string(data: place?.assumingMemoryBound(to: CChar.self), length: UInt64(bytes.count))
    }

    func bytes(_ bytes: [UInt8]) -> kt_bytes {
        kt_bytes(data: copy(bytes)?.assumingMemoryBound(to: UInt8.self), length: UInt64(bytes.count))
    }

    func headers(_ fields: [(name: String, value: String)]) -> UnsafePointer<kt_header>? {
        guard !fields.isEmpty else { return nil }
        let place = take(fields.count * MemoryLayout<kt_header>.stride)
        for (index, field) in fields.enumerated() {
            let header = kt_header(name: string(field.name.lowercased()), value: string(field.value))
            place.storeBytes(of: header, toByteOffset: index * MemoryLayout<kt_header>.stride, as: kt_header.self)
        }
        return UnsafeRawPointer(place).assumingMemoryBound(to: kt_header.self)
    }

    /// A struct as another version of the ABI would have it: only its first bytes, or more bytes behind it than the
    /// plugin knows, filled with rubbish.
    func place<Struct>(_ value: Struct, size: Int? = nil) -> UnsafePointer<Struct> {
        let told = size ?? MemoryLayout<Struct>.size
        let place = take(max(told, MemoryLayout<UInt32>.size))
        memset(place, 0xA5, told)
        withUnsafeBytes(of: value) { bytes in
            place.copyMemory(from: bytes.baseAddress!, byteCount: min(told, bytes.count))
        }
        place.storeBytes(of: UInt32(told), as: UInt32.self)
        return UnsafeRawPointer(place).assumingMemoryBound(to: Struct.self)
    }

    /// What was lent is out of the plugin's reach from now on.
    func takeBack() {
        for piece in pieces {
            switch mode {
            case .poisoned:
                memset(piece.baseAddress!, 0xDD, piece.count)
                piece.deallocate()
            case .retired: mprotect(piece.baseAddress!, piece.count, PROT_NONE)
            case .fenced: munmap(piece.baseAddress!, piece.count)
            }
        }
        pieces = []
    }

    private func copy(_ bytes: [UInt8]) -> UnsafeRawPointer? {
        guard !bytes.isEmpty else { return nil }
        let place = take(bytes.count)
        place.copyMemory(from: bytes, byteCount: bytes.count)
        return UnsafeRawPointer(place)
    }

    private func take(_ count: Int) -> UnsafeMutableRawPointer {
        guard mode != .poisoned else {
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count + Self.tail, alignment: 16)
            memset(piece.baseAddress!, Int32(UInt8(ascii: "9")), piece.count)
            pieces.append(piece)
            return piece.baseAddress!
        }
        let body = (count + Self.page - 1) / Self.page * Self.page
        let memory = mmap(nil, body + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        guard memory != MAP_FAILED else { fatalError("no memory for what is lent") }
        pieces.append(UnsafeMutableRawBufferPointer(start: memory, count: body + Self.page))
        guard mode == .fenced else { return memory }
        mprotect(memory + body, Self.page, PROT_NONE)
        return memory + (body - count)
    }
}
