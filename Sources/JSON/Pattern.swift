internal import Synchronization

/// Regular expressions by their text: compiled once, however many values are held against them.
enum Pattern {
    /// Schemas come from manifests, which are few.
    private static let limit = 1_024

    private static let compiled = Mutex<[String: Regex<AnyRegexOutput>]>([:])

    /// Whether the pattern is found in the text. One that cannot be compiled forbids nothing.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        compiled.withLock { compiled in
            if compiled[pattern] == nil {
                guard let regex = try? Regex(pattern) else { return true }
                if compiled.count >= limit { compiled = [:] }
                compiled[pattern] = regex
            }
            return compiled[pattern].map { (try? $0.firstMatch(in: text)) ?? nil != nil } ?? true
        }
    }
}
