internal import FoundationEssentials

/// How contents of the store are written: JSON, behind what vouches for it and a line feed.
enum Coding {
    /// The value as JSON.
    static func json(_ value: some Encodable) -> [UInt8] {
        do { return try JSONTextEncoder.bytes(value) } catch {
            preconditionFailure("what the journal keeps is numbers, texts and lists: \(error)")
        }
    }

    /// - Parameter voucher: hexadecimal digits.
    static func join(_ voucher: String, _ json: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(json.count + 65)
        content += voucher.utf8
        content.append(UInt8(ascii: "\n"))
        content += json
        return content
    }

    /// What ``join(_:_:)`` has joined; an empty voucher where there is no line feed.
    static func split(_ content: [UInt8]) -> (voucher: String, json: [UInt8]) {
        guard let end = content.prefix(129).firstIndex(of: UInt8(ascii: "\n")) else { return ("", content) }
        return (String(decoding: content[..<end], as: UTF8.self), Array(content[(end + 1)...]))
    }

    static func read<Value: Decodable>(_ type: Value.Type, _ json: [UInt8]) throws(JournalError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(json)) } catch {
            // The decoder's sentence may hold what it has read.
            throw JournalError(.corrupt, "a record cannot be read: it was damaged, or written by another keyturn")
        }
    }
}
