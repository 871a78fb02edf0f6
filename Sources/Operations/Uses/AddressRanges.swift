internal import Glibc
internal import JSON

/// Who has which addresses, from files that an operator gives: nothing is fetched.
struct AddressRanges {
    /// Why a file is not taken.
    struct Failure: Error { var message: String }

    private struct Range {
        var bytes: [UInt8]
        var bits: Int
        var name: String

        func holds(_ address: [UInt8]) -> Bool {
            guard address.count == bytes.count else { return false }
            let (whole, rest) = (bits / 8, bits % 8)
            guard address[..<whole].elementsEqual(bytes[..<whole]) else { return false }
            guard rest > 0 else { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
            return address[whole] & mask == bytes[whole] & mask
        }
    }

    /// GitHub's own list has some ten thousand.
    private static let mostRanges = 100_000

    private var ranges: [Range] = []

    /// Adds the ranges of a file: lines of `CIDR NAME`, or what GitHub's `GET /meta` answers, of which `actions` is meant, or any
    /// JSON object of names to lists of ranges.
    mutating func add(_ text: String, file: String) throws(Failure) {
        if let members = (try? JSONValue(parsing: text))?.object {
            let isGitHub = members["actions"]?.strings != nil && members["hooks"] != nil
            for (name, list) in members.sorted(by: { $0.key < $1.key }) where !isGitHub || name == "actions" {
                for range in list.strings ?? [] {
                    if let range = Self.range(range, isGitHub ? "GitHub Actions" : name) { ranges.append(range) }
                }
            }
        } else {
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let words = line.split(separator: " ", maxSplits: 1).map { String($0) }
                guard let first = words.first, !first.hasPrefix("#") else { continue }
                guard words.count == 2, let range = Self.range(first, words[1]) else {
                    throw Failure(
                        message: "\(file):\(index + 1): a line is a range and a name, such as 192.0.2.0/24 Jenkins")
                }
                ranges.append(range)
            }
        }
        guard ranges.count <= Self.mostRanges else {
            throw Failure(message: "\(file): there are more than \(Self.mostRanges) ranges")
        }
        guard !ranges.isEmpty else { throw Failure(message: "\(file): it has no address ranges") }
    }

    /// Who has the address; nil: no range holds it.
    func name(of address: String) -> String? {
        guard let bytes = Self.bytes(address) else { return nil }
        return ranges.first { $0.holds(bytes) }?.name
    }

    private static func range(_ text: String, _ name: String) -> Range? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let bytes = bytes(String(first)) else { return nil }
        let bits = parts.count == 2 ? Int(parts[1]) ?? -1 : bytes.count * 8
        return (0...bytes.count * 8).contains(bits) ? Range(bytes: bytes, bits: bits, name: name) : nil
    }

    private static func bytes(_ address: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, address, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
