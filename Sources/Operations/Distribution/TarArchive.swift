internal import PlainText

/// A tar archive (POSIX.1-2017, pax, "ustar Interchange Format") in the one form that `keyturn plugin pack` writes: a few plain files,
/// without times and owners. The same files give the same bytes, and `tar` unpacks them.
///
/// What is read comes from outside. An archive in any other form is refused, also where another reader would take it: there must not be
/// two opinions about what is in a signed file.
struct TarArchive {
    /// Why bytes are not such an archive.
    struct Fault: Error, Hashable {
        /// A clause: "it ends in the middle of a file".
        var description: String
        init(_ description: String) { self.description = description }
    }

    /// One file of it.
    struct Entry: Hashable {
        var name: String
        /// Where its content is in the archive.
        var content: Range<Int>
    }

    /// The largest archive, in bytes. A pusher with Foundation in it has some 60 MB.
    static let sizeLimit = 128 << 20
    /// Files of an archive.
    static let entryLimit = 16
    /// Bytes of a name: the ones that a header has room for without its prefix.
    static let nameLimit = 100
    private static let block = 512

    let entries: [Entry]

    /// Reads the headers. Contents are not copied.
    init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.sizeLimit else { throw Fault("it is larger than \(Self.sizeLimit >> 20) MiB") }
        var entries: [Entry] = []
        var names: Set<String> = []
        var offset = 0
        while true {
            guard bytes.count - offset >= Self.block else { throw Self.truncated }
            let header = Array(bytes[offset..<(offset + Self.block)])
            offset += Self.block
            if header.allSatisfy({ $0 == 0 }) { break }
            guard entries.count < Self.entryLimit else { throw Fault("it has more than \(Self.entryLimit) files") }
            let (name, size) = try Self.read(header)
            guard names.insert(name).inserted else { throw Fault("it has \(name) twice") }
            guard size <= bytes.count - offset else { throw Self.truncated }
            let end = offset + size
            let next = end + Self.padding(of: size)
            guard next <= bytes.count else { throw Self.truncated }
            guard bytes[end..<next].allSatisfy({ $0 == 0 }) else {
                throw Fault("there are bytes behind \(name) that belong to no file")
            }
            entries.append(Entry(name: name, content: offset..<end))
            offset = next
        }
        // The end is two blocks of zeros.
        guard bytes.count - offset >= Self.block else { throw Self.truncated }
        guard bytes.count - offset == Self.block, bytes[offset...].allSatisfy({ $0 == 0 }) else {
            throw Fault("there are bytes behind its end")
        }
        self.entries = entries
    }

    /// Writes an archive.
    ///
    /// - Parameter files: names of at most ``nameLimit`` bytes, in the order that they get.
    static func bytes(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(files.reduce(2 * block) { $0 + 2 * block + $1.content.count })
        for file in files {
            bytes += header(file.name, file.content.count)
            bytes += file.content
            bytes += [UInt8](repeating: 0, count: padding(of: file.content.count))
        }
        return bytes + [UInt8](repeating: 0, count: 2 * block)
    }

    private static let truncated = Fault("it is cut off: a part of it is missing")

    private static func padding(of size: Int) -> Int { (block - size % block) % block }

    // MARK: Headers

    /// Where a header's fields are.
    private enum Field {
        static let (name, size, checksum, kind, magic) = (0..<100, 124..<136, 148..<156, 156, 257..<265)
    }

    private static func read(_ header: [UInt8]) throws(Fault) -> (name: String, size: Int) {
        guard header[Field.magic].elementsEqual("ustar\u{0}00".utf8) else {
            throw Fault("it is not a package: it is not a tar archive of the kind ustar")
        }
        guard header[Field.checksum].elementsEqual(checksum(of: header)) else {
            throw Fault("a header in it is damaged")
        }
        let text = header[Field.name].prefix { $0 != 0 }
        let shown = PlainText.line(String(decoding: text, as: UTF8.self), limit: 120)
        if let kind = kind(header[Field.kind]) { throw Fault("\(shown) is \(kind); a package has plain files alone") }
        guard let name = name(text) else {
            throw Fault("it has a file with the name \(shown.isEmpty ? "“”" : shown), which no package has")
        }
        guard let size = number(header[Field.size]) else { throw Fault("the size of \(name) cannot be read") }
        guard size <= sizeLimit else { throw Fault("\(name) is larger than \(sizeLimit >> 20) MiB") }
        guard header == Self.header(name, size) else {
            throw Fault("the header of \(name) is not in the form that `keyturn plugin pack` writes")
        }
        return (name, size)
    }

    /// What an entry is that is not a plain file; nil: it is one.
    private static func kind(_ flag: UInt8) -> String? {
        switch flag {
        case UInt8(ascii: "0"): nil
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
        case UInt8(ascii: "5"): "a directory"
        case UInt8(ascii: "6"): "a pipe"
        default: "an entry of another kind"
        }
    }

    /// `acme-ci/pusher.so`; nil: it leads somewhere else, or has characters that no name in a package has.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
        let isPlain = bytes.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_./".utf8.contains(byte)
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard isPlain, parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.first != UInt8(ascii: ".") }) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Eleven octal digits and a NUL.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.last == 0 else { return nil }
        var value = 0
        for digit in field.dropLast() {
            guard (0x30...0x37).contains(digit) else { return nil }
            value = value << 3 | Int(digit - 0x30)
        }
        return value
    }

    private static func header(_ name: String, _ size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(name, at: 0)
        put("0000644", at: 100)
        // Owner and group: root, by number alone.
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, 11), at: Field.size.lowerBound)
        put("00000000000", at: 136)
        put("0", at: Field.kind)
        put("ustar\u{0}00", at: Field.magic.lowerBound)
        // Of a device: none.
        put("0000000", at: 329)
        put("0000000", at: 337)
        header.replaceSubrange(Field.checksum, with: checksum(of: header))
        return header
    }

    /// The sum of all bytes, with blanks in place of the sum: six octal digits, a NUL and a blank.
    private static func checksum(of header: [UInt8]) -> [UInt8] {
        let own = Field.checksum.reduce(0) { $0 + Int(header[$1]) }
        let sum = header.reduce(0) { $0 + Int($1) } - own + Field.checksum.count * 0x20
        return Array(octal(sum, 6).utf8) + [0, 0x20]
    }

    private static func octal(_ number: Int, _ digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
