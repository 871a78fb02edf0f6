internal import StateStore

/// The newest lines of all users, merged from each user's.
///
/// A head has the time of its user's last line: only the lines of those users are read whose last one may be among the
/// newest.
enum Newest {
    /// One user's lines, the newest first.
    struct Source: Sendable {
        let head: Head
        var bounds: DynamoStore.Bounds
        /// Read, and not taken yet; nil: nothing was read.
        var read: ArraySlice<StoredLine>?
        /// Whether the user has more than was read.
        var hasMore = true

        /// nil: none of its lines is wanted.
        init?(_ head: Head, _ bounds: DynamoStore.Bounds) {
            guard head.line > head.deleted, head.at >= bounds.since ?? .min else { return nil }
            (self.head, self.bounds) = (head, bounds)
        }

        /// Whether its next line is known, or that there is none.
        var isReady: Bool { read?.isEmpty == false || !hasMore }

        /// No line of it that is not known is later.
        var latest: Int64 { min(head.at, (bounds.until ?? .max) - 1) }
    }

    /// By the bytes of their names, as keys are in DynamoDB.
    static func isLess(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// Whether a line comes after another one in time, user and number.
    static func isLater(_ left: StoredLine, _ right: StoredLine) -> Bool {
        if left.at != right.at { return left.at > right.at }
        return left.user == right.user ? left.number > right.number : isLess(right.user, left.user)
    }
}

extension DynamoStore {
    /// Lines of one user that are read at once for a merge.
    private static let linesAtOnce = 100

    func newest(_ sources: [Newest.Source], _ limit: Int) async throws(StoreError) -> [StoredLine] {
        var sources = sources
        var found: [StoredLine] = []
        while found.count < limit {
            let ready = sources.indices.filter { sources[$0].read?.isEmpty == false }
            let best = ready.max { left, right in
                guard let left = sources[left].read?.first, let right = sources[right].read?.first else { return false }
                return Newest.isLater(right, left)
            }
            let line = best.flatMap { sources[$0].read?.first }
            // Those of which a line that is not known may be the next one, the likeliest first.
            let unknown = sources.indices.filter { !sources[$0].isReady && sources[$0].latest >= line?.at ?? .min }
                .sorted { sources[$0].latest > sources[$1].latest }.prefix(Self.usersAtOnce)
            if !unknown.isEmpty {
                let wanted = min(limit - found.count, Self.linesAtOnce)
                let asked = sources
                let read = try await each(Array(unknown)) { index throws(StoreError) in
                    try await newest(asked[index].head, asked[index].bounds, wanted)
                }
                for (index, lines) in zip(unknown, read) {
                    sources[index].read = lines[...]
                    sources[index].hasMore = lines.count == wanted
                    guard let last = lines.last else { continue }
                    sources[index].bounds.below = last.number
                    sources[index].bounds.until = last.at + 1
                }
                continue
            }
            guard let best, let line else { break }
            found.append(line)
            sources[best].read = sources[best].read?.dropFirst()
        }
        return found
    }
}
