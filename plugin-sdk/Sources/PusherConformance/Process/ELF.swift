internal import FoundationEssentials

/// A shared library's tables, read from the file: what it exports, and what it needs. Every read is within bounds.
struct ELF {
    private(set) var exports: [String] = []
    private(set) var needed: [String] = []
    private(set) var searchPaths: [String] = []
    private(set) var hasTextRelocations = false
    private(set) var hasExecutableStack = false

    private let bytes: [UInt8]
    private static let sizeLimit = 512 << 20
    private static let entryLimit = 1_000_000

    init(path: String) throws(Stop) {
        guard let data = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe),
            data.count <= Self.sizeLimit
        else { throw Stop("the library cannot be read") }
        bytes = Array(data)
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]), try number(16, 2) == 3 else {
            throw Stop("it is not a shared library for a 64-bit little-endian system")
        }
        try readSegments()
        try readSymbols()
    }

    /// An unsigned number in the file.
    private func number(_ offset: Int, _ width: Int) throws(Stop) -> Int {
        guard offset >= 0, offset <= bytes.count - width else { throw Stop("its ELF tables lead out of the file") }
        var value: UInt64 = 0
        for index in (0..<width).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
        guard let value = Int(exactly: value) else { throw Stop("its ELF tables lead out of the file") }
        return value
    }

    /// A text of a string table, which ends with a NUL.
    private func text(_ start: Int, _ offset: Int) throws(Stop) -> String {
        let (first, overflow) = start.addingReportingOverflow(offset)
        guard !overflow, first >= 0, first < bytes.count else { throw Stop("its ELF tables lead out of the file") }
        return String(decoding: bytes[first...].prefix(4_096).prefix { $0 != 0 }, as: UTF8.self)
    }

    private mutating func readSegments() throws(Stop) {
        let table = try number(32, 8)
        let count = try number(56, 2)
        var loads: [(address: Int, offset: Int, size: Int)] = []
        var dynamic: (offset: Int, size: Int)?
        for index in 0..<count {
            let at = table + index * 56
            let (type, offset) = (try number(at, 4), try number(at + 8, 8))
            let (address, size) = (try number(at + 16, 8), try number(at + 32, 8))
            switch type {
            case 1: loads.append((address, offset, size))
            case 2: dynamic = (offset, size)
            case 0x6474_E551: hasExecutableStack = try number(at + 4, 4) & 1 != 0
            default: break
            }
        }
        guard let dynamic else { throw Stop("it has no dynamic section") }
        var entries: [(tag: Int, value: Int)] = []
        for index in 0..<min(dynamic.size / 16, Self.entryLimit) {
            let at = dynamic.offset + index * 16
            let tag = try number(at, 8)
            if tag == 0 { break }
            // Some tags are larger than Int, and of no interest; `number` would refuse them, so only the value is asked.
            entries.append((tag, try number(at + 8, 8)))
        }
        func fileOffset(_ address: Int) -> Int? {
            loads.first { address >= $0.address && address - $0.address < $0.size }.map {
                address - $0.address + $0.offset
            }
        }
        guard let strings = entries.first(where: { $0.tag == 5 }).flatMap({ fileOffset($0.value) }) else {
            throw Stop("it has no table of strings")
        }
        for (tag, value) in entries {
            switch tag {
            case 1: needed.append(try text(strings, value))
            case 15, 29: searchPaths.append(try text(strings, value))
            case 22: hasTextRelocations = true
            case 30: if value & 4 != 0 { hasTextRelocations = true }
            default: break
            }
        }
    }

    /// The dynamic symbols, through the table of sections, which is where their number is.
    private mutating func readSymbols() throws(Stop) {
        let table = try number(40, 8)
        let count = try number(60, 2)
        for index in 0..<count where try number(table + index * 64 + 4, 4) == 11 {
            let at = table + index * 64
            let (offset, size, link) = (try number(at + 24, 8), try number(at + 32, 8), try number(at + 40, 4))
            guard link < count else { throw Stop("its ELF tables lead out of the file") }
            let strings = try number(table + link * 64 + 24, 8)
            for symbol in 0..<min(size / 24, Self.entryLimit) {
                let entry = offset + symbol * 24
                let (info, visibility) = (try number(entry + 4, 1), try number(entry + 5, 1) & 3)
                let isDefined = try number(entry + 6, 2) != 0
                guard isDefined, info >> 4 == 1 || info >> 4 == 2 || info >> 4 == 10, visibility == 0 || visibility == 3
                else { continue }
                exports.append(try text(strings, try number(entry, 4)))
            }
            return
        }
        throw Stop("its section table is stripped, so its exports cannot be seen", .warn)
    }
}
