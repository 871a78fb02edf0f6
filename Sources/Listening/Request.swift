/// The head of an HTTP/1 request (RFC 9112), as far as it is needed here.
struct Request: Hashable {
    var method: String
    /// Without the query.
    var path: String
    /// The fields of the query.
    var query: [String: String] = [:]
    /// In lower case, without the port; nil: there is none.
    var host: String?

    /// Reads a head; nil: it is none.
    init?(head: some Collection<UInt8>) {
        guard let text = String(validating: head, as: UTF8.self) else { return nil }
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[1].hasPrefix("/"),
            words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0"
        else { return nil }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        if let mark = words[1].firstIndex(of: "?") { query = Query.fields(words[1][words[1].index(after: mark)...]) }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "host" else { continue }
            // Two of them are an attack on whoever believes one of them.
            guard host == nil else { return nil }
            host = Self.name(line[line.index(after: colon)...].filter { $0 != " " && $0 != "\t" }.lowercased())
        }
    }

    /// `[::1]:9464` → `::1`
    private static func name(_ host: String) -> String {
        guard host.hasPrefix("[") else { return String(host.prefix { $0 != ":" }) }
        return String(host.dropFirst().prefix { $0 != "]" })
    }
}
