internal import StateStore

/// Lines of history as they stand in an item: those of one commit together.
///
/// Each is its number, its time and the length of its content, as 8, 8 and 4 bytes, the highest first, and its content.
enum PackedLines {
    /// The attribute of the bytes, and of the number of the last line; that of the first is in the sort key.
    static let (content, last) = ("lines", "last")
    /// A new item is begun beyond this many bytes: 4 MB, which a transaction takes, are 32 items.
    private static let fullItem = 128 << 10
    private static let headerSize = 20

    /// - Parameter lines: in the order of their numbers.
    static func pack(_ lines: [StoredLine]) -> [(first: Int64, last: Int64, content: [UInt8])] {
        var items: [(first: Int64, last: Int64, content: [UInt8])] = []
        for line in lines {
            if items.last.map({ $0.content.count + headerSize + line.content.count > fullItem }) ?? true {
                items.append((line.number, line.number, []))
            }
            let end = items.count - 1
            items[end].last = line.number
            append(UInt64(bitPattern: line.number), 8, to: &items[end].content)
            append(UInt64(bitPattern: line.at), 8, to: &items[end].content)
            append(UInt64(line.content.count), 4, to: &items[end].content)
            items[end].content += line.content
        }
        return items
    }

    /// The lines of an item, oldest first.
    static func unpack(_ item: Item, of user: String) throws(StoreError) -> [StoredLine] {
        guard let bytes = item.bytes(content) else { throw damaged(user) }
        var rest = bytes[...]
        var lines: [StoredLine] = []
        while !rest.isEmpty {
            guard rest.count >= headerSize else { throw damaged(user) }
            let number = Int64(bitPattern: take(8, from: &rest))
            let at = Int64(bitPattern: take(8, from: &rest))
            let length = Int(take(4, from: &rest))
            guard rest.count >= length else { throw damaged(user) }
            lines.append(StoredLine(user: user, number: number, at: at, content: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return lines
    }

    private static func damaged(_ user: String) -> StoreError {
        StoreError(.corrupt, "lines of the history of \(user) cannot be read")
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))) }
    }

    private static func take(_ count: Int, from bytes: inout ArraySlice<UInt8>) -> UInt64 {
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
