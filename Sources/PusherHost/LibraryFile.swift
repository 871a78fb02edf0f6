internal import Glibc

/// What the headers of a library say about where it can be loaded (System V ABI, "Object Files"; GNU symbol versioning, LSB Core
/// 10.7). The library is only read, and every read is within its bounds.
struct LibraryFile {
    /// A file that is not a shared library, or a damaged one.
    struct Malformed: Error {
        /// A clause: "it is not a shared library".
        var description: String
    }

    /// The `e_machine` of the processor that it is for: 62 is x86-64, 183 is AArch64.
    private(set) var machine = 0
    /// Versions of other libraries' symbols that it needs, by the library's name: `libc.so.6` → `GLIBC_2.38`.
    private(set) var versions: [(library: String, version: String)] = []

    /// Libraries that are loaded with it: `libc.so.6`.
    private(set) var needed: [String] = []
    /// Where it says that they are, besides the system's directories.
    private(set) var places: [String] = []

    let bytes: UnsafeRawBufferPointer
    /// What the dynamic section says, by its tag; of several entries with the same tag, the last.
    private(set) var entries: [Int: Int] = [:]
    private var loads: [(address: Int, offset: Int, size: Int)] = []

    /// Tags of the dynamic section (System V ABI, "Dynamic Section").
    enum Tag {
        static let (needed, hash, strings, symbols, rpath, runpath) = (1, 4, 5, 6, 15, 29)
        static let (gnuHash, versions, versionCount) = (0x6FFF_FEF5, 0x6FFF_FFFE, 0x6FFF_FFFF)
    }

    /// Entries of a table. More than any library has, and read in a moment.
    private static let entryLimit = 65_536
    private static let nameLimit = 256

    /// Reads the headers.
    ///
    /// - Parameter bytes: the whole file. They are borrowed: nothing is read once this returns.
    init(_ bytes: UnsafeRawBufferPointer) throws(Malformed) {
        self.bytes = bytes
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw Malformed(description: "it is not an ELF library")
        }
        guard bytes[4] == 2, bytes[5] == 1 else {
            throw Malformed(description: "it is for a 32-bit or big-endian processor")
        }
        guard try number(16, 2) == 3 else { throw Malformed(description: "it is not a shared library") }
        machine = try number(18, 2)
        try readDynamic()
    }

    /// An unsigned number in the file.
    func number(_ offset: Int, _ width: Int) throws(Malformed) -> Int {
        guard offset >= 0, offset <= bytes.count - width else { throw Self.outside }
        var value: UInt64 = 0
        for index in (0..<width).reversed() { value = value << 8 | UInt64(bytes[offset + index]) }
        guard let value = Int(exactly: value) else { throw Self.outside }
        return value
    }

    static let outside = Malformed(description: "its ELF tables lead out of the file")

    /// A sum of numbers from the file.
    func sum(_ one: Int, _ other: Int) throws(Malformed) -> Int {
        let (sum, overflow) = one.addingReportingOverflow(other)
        guard !overflow else { throw Self.outside }
        return sum
    }

    private mutating func readDynamic() throws(Malformed) {
        let (table, count) = (try number(32, 8), try number(56, 2))
        var dynamic: (offset: Int, size: Int)?
        for index in 0..<count {
            let at = try sum(table, index * 56)
            let (type, offset, size) = (
                try number(at, 4), try number(try sum(at, 8), 8), try number(try sum(at, 32), 8)
            )
            if type == 1 { loads.append((try number(try sum(at, 16), 8), offset, size)) }
            if type == 2 { dynamic = (offset, size) }
        }
        guard let dynamic else { throw Malformed(description: "it has no dynamic section") }
        var names: [(tag: Int, offset: Int)] = []
        for index in 0..<min(dynamic.size / 16, Self.entryLimit) {
            let at = try sum(dynamic.offset, index * 16)
            let tag = try number(at, 8)
            if tag == 0 { break }
            let value = try number(try sum(at, 8), 8)
            if [Tag.needed, Tag.rpath, Tag.runpath].contains(tag) {
                names.append((tag, value))
            } else {
                entries[tag] = value
            }
        }
        guard let strings = try offset(of: Tag.strings) else { return }
        for name in names {
            let text = try text(try sum(strings, name.offset))
            if name.tag == Tag.needed {
                needed.append(text)
            } else {
                places += text.split(separator: ":").map(String.init)
            }
        }
        if let needs = try offset(of: Tag.versions), let count = entries[Tag.versionCount] {
            try readVersions(at: needs, count: count, strings: strings)
        }
    }

    /// Where in the file a table is that the dynamic section names; nil: it has none.
    func offset(of tag: Int) throws(Malformed) -> Int? {
        guard let address = entries[tag] else { return nil }
        for load in loads where address >= load.address && address - load.address < load.size {
            return try sum(address - load.address, load.offset)
        }
        throw Self.outside
    }

    private mutating func readVersions(at start: Int, count: Int, strings: Int) throws(Malformed) {
        var need = start
        for _ in 0..<min(count, Self.entryLimit) {
            let library = try text(try sum(strings, try number(try sum(need, 4), 4)))
            var version = try sum(need, try number(try sum(need, 8), 4))
            for _ in 0..<min(try number(try sum(need, 2), 2), Self.entryLimit) {
                guard versions.count < Self.entryLimit else { return }
                versions.append((library, try text(try sum(strings, try number(try sum(version, 8), 4)))))
                let next = try number(try sum(version, 12), 4)
                if next == 0 { break }
                version = try sum(version, next)
            }
            let next = try number(try sum(need, 12), 4)
            if next == 0 { break }
            need = try sum(need, next)
        }
    }

    /// A text that ends with a NUL.
    func text(_ start: Int, limit: Int = Self.nameLimit) throws(Malformed) -> String {
        guard start >= 0, start < bytes.count else { throw Self.outside }
        let longest = min(limit, bytes.count - start)
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + longest)])
        guard let begin = text.baseAddress else { throw Self.outside }
        let end = memchr(begin, 0, longest).map { UnsafeRawPointer($0) - begin }
        return String(decoding: text.prefix(end ?? longest), as: UTF8.self)
    }
}

extension LibraryFile {
    /// Why it cannot be loaded on this machine; nil: nothing that its headers say is against it.
    ///
    /// - Parameters:
    ///   - machine: the `e_machine` of this process.
    ///   - libc: the version of this machine's glibc, such as "2.36".
    func obstacle(machine: Int = Self.ownMachine, libc: String = Self.ownLibc) -> String? {
        guard self.machine == machine else {
            return "it is for \(Self.name(of: self.machine)), and this machine is \(Self.name(of: machine))"
        }
        let here = Self.numbers(libc)
        let needed = versions.compactMap { (_, version) in
            version.hasPrefix("GLIBC_") ? Self.numbers(version.dropFirst(6)).map { (version, $0) } : nil
        }
        guard let here, let highest = needed.max(by: { $0.1.lexicographicallyPrecedes($1.1) }),
            here.lexicographicallyPrecedes(highest.1)
        else { return nil }
        return
            "it needs \(highest.0), and this machine's C library is glibc \(libc): build it on a system whose glibc is not newer"
    }

    /// The numbers of "2.36"; nil: it is a name of another kind, such as GLIBC_PRIVATE.
    static func numbers(_ text: some StringProtocol) -> [Int]? {
        let numbers = text.split(separator: ".").map { Int($0) }
        return numbers.isEmpty || numbers.contains(nil) ? nil : numbers.compactMap(\.self)
    }

    #if arch(x86_64)
    static let ownMachine = 62
    #elseif arch(arm64)
    static let ownMachine = 183
    #endif

    /// "2.36"; empty: it cannot be found out.
    static var ownLibc: String {
        var text = [UInt8](repeating: 0, count: 64)
        let length = text.withUnsafeMutableBytes { bytes in
            confstr(Int32(_CS_GNU_LIBC_VERSION), bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        guard length > 1, length <= text.count else { return "" }
        // "glibc 2.36"
        return String(String(decoding: text[..<(length - 1)], as: UTF8.self).split(separator: " ").last ?? "")
    }

    private static func name(of machine: Int) -> String {
        switch machine {
        case 3: "32-bit x86"
        case 40: "32-bit ARM"
        case 62: "x86-64"
        case 183: "64-bit ARM (aarch64)"
        case 243: "RISC-V"
        default: "another processor (ELF machine \(machine))"
        }
    }
}
