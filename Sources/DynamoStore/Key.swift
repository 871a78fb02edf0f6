internal import JSON
internal import StateStore

/// Where an item is: in which partition, and where in its order.
struct Key: Hashable {
    /// The attributes of every table's key, both texts.
    static let (partitionName, sortName) = ("pk", "sk")
    /// Bytes of a name as it is in keys. A sort key has 1,024 at most, and begins with a word of ours.
    static let longestName = 1_000

    /// The partition with the heads of all users, in the order of their names.
    static let users = "users"
    /// The partition with all documents, in the order of their names.
    static let documents = "documents"
    /// Partitions with records and parts of all users, who are spread over them by their names: few queries read all users, and
    /// what one partition can write, 1,000 units a second, is no bound.
    static let contents = 16 as UInt32

    let partition: String
    let sort: String

    /// Says that the table is a state of keyturn.
    static let layout = Key(partition: "keyturn", sort: "layout")

    static func head(_ user: String) throws(StoreError) -> Key {
        Key(partition: users, sort: "user/\(try name(user))")
    }

    /// One of the partitions with records and parts.
    static func contents(_ number: UInt32) -> String { "contents/\(Spread.digits(number))" }

    /// Where a user's record or one of its buckets is.
    ///
    /// - Parameter end: what its sort key ends with; empty: what the sort keys of all of them begin with.
    static func content(_ end: String, of user: String) throws(StoreError) -> Key {
        Key(partition: contents(Spread.number(of: user, below: contents)), sort: "\(try name(user, "/"))/\(end)")
    }

    /// Whose record or bucket has that sort key, and what the key ends with; nil: none of ours.
    static func content(_ sort: String) -> (user: String, end: String)? {
        guard let slash = sort.lastIndex(of: "/"), let user = unescape(sort[..<slash]) else { return nil }
        return (user, String(sort[sort.index(after: slash)...]))
    }

    static func record(_ user: String) throws(StoreError) -> Key { try content(Head.record, of: user) }

    static func bucket(_ bucket: Bucket, of user: String) throws(StoreError) -> Key {
        try content(bucket.name, of: user)
    }

    /// The partition with a user's lines.
    static func lines(_ user: String) throws(StoreError) -> String { "lines/\(try name(user))" }

    static func line(_ number: Int64, of user: String) throws(StoreError) -> Key {
        Key(partition: try lines(user), sort: line(number))
    }

    /// The sort key of an item whose first line has that number.
    static func line(_ number: Int64) -> String {
        let digits = String(max(number, 0))
        return "line/" + String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }

    static func document(_ name: String) throws(StoreError) -> Key {
        Key(partition: documents, sort: try documentSort(name))
    }

    static func documentSort(_ name: String) throws(StoreError) -> String { "document/\(try Self.name(name))" }

    private static func name(_ text: String, _ separator: Character? = nil) throws(StoreError) -> String {
        let name = escape(text, separator)
        guard name.utf8.count <= longestName else {
            throw StoreError(
                .unavailable,
                "a name of \(name.utf8.count) bytes is too long for a key of DynamoDB: \(name.prefix(64))…")
        }
        return name
    }

    var json: JSONValue {
        .object([
            Self.partitionName: Attribute.text(partition), Self.sortName: Attribute.text(sort),
        ])
    }

    /// A name in printable ASCII: other bytes, `%`, and what separates it from what follows, as `%` and two digits. What begins a name
    /// begins it here, too.
    static func escape(_ name: String, _ separator: Character? = nil) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in name.utf8 {
            if (0x20...0x7E).contains(byte), byte != 0x25, byte != separator?.asciiValue {
                escaped.append(byte)
            } else {
                escaped += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// The name that was escaped; nil: it is none of ours.
    static func unescape(_ escaped: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = escaped.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }
}

/// One of the items over which a user's parts are spread by their names.
struct Bucket: Hashable {
    /// A transaction has 100 items at most: these, the head, the record, and lines.
    static let count: UInt32 = 64

    let number: UInt32

    /// - Parameter part: the name of a part.
    init(of part: String) { number = Spread.number(of: part, below: Self.count) }

    /// `b00` to `b63`: what sort keys end with, and the attribute of the head that has its version.
    var name: String { "b\(Spread.digits(number))" }
}

/// Names, spread evenly. Whoever chooses names may spread them badly: that costs time, and nothing else.
enum Spread {
    /// By FNV-1a.
    static func number(of name: String, below count: UInt32) -> UInt32 {
        name.utf8.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 } % count
    }

    /// Of a number below 100.
    static func digits(_ number: UInt32) -> String { "\(number < 10 ? "0" : "")\(number)" }
}
