internal import FoundationEssentials
internal import Rotation

/// The offsets of a zone of the system's time zone database, from its file in the form of RFC 8536.
///
/// The C library knows zones only through the environment of the process (`TZ`), which other threads read: it cannot be set for one
/// question. ICU, which could answer, is larger than all of keyturn.
enum TimeZoneFile {
    /// Why a zone cannot be used: a sentence for people, behind the field's name.
    struct Failure: Error {
        var description: String
    }

    /// Where the database is; the second one is where musl's systems without the first look.
    private static let directories = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo"]
    /// The largest file of the database has 4 KiB.
    private static let sizeLimit = 64 << 10
    private static let changeLimit = 2_000
    /// What the rule for the future is written out to.
    private static let lastYear = 2_100

    /// Reads a zone by its name.
    static func read(_ name: String) throws(Failure) -> ZoneOffsets {
        if name == "UTC" { return .utc }
        let isName =
            name.utf8.count <= 64 && !name.contains("..") && name.first?.isLetter == true
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "/_+-".utf8.contains(byte)
            }
        guard isName else { throw Failure(description: "must be a name such as Europe/Berlin, or UTC") }
        for directory in directories {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
            guard data.count <= sizeLimit, let zone = zone(name, Array(data)) else {
                throw Failure(description: "names \(directory)/\(name), which is not a file of the time zone database")
            }
            return zone
        }
        let exists = directories.contains { FileManager.default.fileExists(atPath: $0) }
        throw Failure(
            description: exists
                ? "names \(name), which the time zone database does not have; \(hint(name))"
                : "needs the time zone database, which this machine lacks: install the package tzdata, or leave time-zone out for UTC"
        )
    }

    /// A city has its continent or ocean before it.
    private static func hint(_ name: String) -> String {
        let areas = [
            "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
        ]
        let near = areas.map { "\($0)/\(name)" }.first { name in
            directories.contains { FileManager.default.fileExists(atPath: "\($0)/\(name)") }
        }
        return near.map { "did you mean `\($0)`?" } ?? "it has names such as Europe/Berlin"
    }

    /// The zone that the bytes of a file describe; nil: they are not such a file.
    static func zone(_ name: String, _ bytes: [UInt8]) -> ZoneOffsets? {
        var reader = Reader(bytes: bytes)
        // The first block has 32-bit times and is passed over, where a second one follows.
        guard let first = reader.header(), first.version >= 0x32, reader.skip(first.size(ofTime: 4)),
            let second = reader.header(), let table = reader.table(second)
        else { return nil }
        var changes = table.changes
        guard let rule = reader.footer() else { return nil }
        if !rule.isEmpty {
            guard let rule = ZoneRule(rule) else { return nil }
            changes += rule.changes(after: changes.last?.at, upTo: lastYear)
        }
        return ZoneOffsets(name: name, before: table.before, changes: changes)
    }

    private struct Header {
        var version: UInt8
        var (universal, standard, leaps, times, types, letters) = (0, 0, 0, 0, 0, 0)

        init(version: UInt8) { self.version = version }

        func size(ofTime time: Int) -> Int {
            times * (time + 1) + types * 6 + letters + leaps * (time + 4) + standard + universal
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func skip(_ count: Int) -> Bool {
            guard count >= 0, count <= bytes.count - position else { return false }
            position += count
            return true
        }

        mutating func integer(_ size: Int) -> Int64? {
            guard size <= bytes.count - position else { return nil }
            defer { position += size }
            let value = bytes[position..<position + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let shift = UInt64(64 - size * 8)
            return Int64(bitPattern: value << shift) >> Int64(shift)
        }

        mutating func header() -> Header? {
            guard bytes.count - position >= 44, bytes[position..<position + 4].elementsEqual("TZif".utf8) else {
                return nil
            }
            var header = Header(version: bytes[position + 4])
            position += 20
            var counts: [Int] = []
            for _ in 0..<6 {
                guard let count = integer(4), (0...65_536).contains(count) else { return nil }
                counts.append(Int(count))
            }
            (header.universal, header.standard, header.leaps) = (counts[0], counts[1], counts[2])
            (header.times, header.types, header.letters) = (counts[3], counts[4], counts[5])
            return header
        }

        mutating func table(_ header: Header) -> (before: Duration, changes: [ZoneOffsets.Change])? {
            guard header.times <= changeLimit, (1...256).contains(header.types) else { return nil }
            var (times, indices, offsets) = ([Int64](), [Int](), [Duration]())
            for _ in 0..<header.times {
                guard let time = integer(8), abs(time) < 1 << 52 else { return nil }
                times.append(time)
            }
            for _ in 0..<header.times {
                guard let index = integer(1) else { return nil }
                indices.append(Int(index))
            }
            for _ in 0..<header.types {
                guard let offset = integer(4), abs(offset) < 200_000, skip(2) else { return nil }
                offsets.append(.seconds(offset))
            }
            guard skip(header.letters + header.leaps * 12 + header.standard + header.universal),
                indices.allSatisfy(offsets.indices.contains), times == times.sorted()
            else { return nil }
            let changes = zip(times, indices).map { time, index in
                ZoneOffsets.Change(at: Timestamp(milliseconds: time * 1_000), ahead: offsets[index])
            }
            return (offsets[0], changes)
        }

        /// The rule for what comes after the table, between two line feeds.
        mutating func footer() -> String? {
            let text = bytes[position...]
            guard text.first == 0x0A, let end = text.dropFirst().firstIndex(of: 0x0A) else { return nil }
            return String(decoding: text[(position + 1)..<end], as: UTF8.self)
        }
    }
}
