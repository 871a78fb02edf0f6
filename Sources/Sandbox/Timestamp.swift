import FoundationEssentials

/// Times as the services write them.
enum Timestamp {
    /// ISO 8601 in UTC to the second, as AWS and GitHub write it: two writes within a second look the same.
    static func text(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    /// The same in the form of `x-amz-date`.
    static func amazonText(_ date: Date) -> String { text(date).filter { $0 != "-" && $0 != ":" } }

    /// The form of `x-amz-date`, e.g. `20150830T123600Z`.
    static func parseAmazon(_ text: String) -> Date? {
        guard text.wholeMatch(of: #/\d{8}T\d{6}Z/#) != nil else { return nil }
        let digits = text.filter(\.isNumber).map(String.init)
        func part(_ range: Range<Int>) -> String { digits[range].joined() }
        let iso = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z"
        return try? Date(iso, strategy: .iso8601)
    }

    /// Seconds since 1970, rounded up: a client that waits until then has waited long enough.
    static func epochSeconds(_ date: Date) -> Int { Int(date.timeIntervalSince1970.rounded(.up)) }
}
