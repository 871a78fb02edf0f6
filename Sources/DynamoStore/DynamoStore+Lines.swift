public import StateStore

extension DynamoStore {
    /// Lines of history.
    public func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] {
        switch query {
        case .following(let user, let number, let limit):
            guard limit > 0, let head = try await head(user) else { return [] }
            return try await following(user, max(number, head.deleted), limit)
        case .newest(let user?, let before, let since, let until, let limit):
            guard limit > 0, let head = try await head(user) else { return [] }
            return try await newest(head, Bounds(below: before?.number, since: since, until: until), limit)
        case .newest(nil, let before, let since, let until, let limit):
            guard limit > 0 else { return [] }
            let sources = try await heads().compactMap { head -> Newest.Source? in
                Newest.Source(head, Bounds(before: before, for: head.user, since: since, until: until))
            }
            return try await newest(sources, limit)
        }
    }

    private func head(_ user: String) async throws(StoreError) -> Head? {
        try await table.item(try Key.head(user)).map { item throws(StoreError) in try Head(item) }
    }

    /// Items that are read at once, for that many lines.
    private static func pageSize(_ limit: Int) -> Int { min(limit, 1_000) }

    private func following(_ user: String, _ number: Int64, _ limit: Int) async throws(StoreError) -> [StoredLine] {
        var found: [StoredLine] = []
        var range = Table.Range(
            partition: try Key.lines(user), sorts: Key.line(number + 1)...Key.line(.max),
            pageSize: Self.pageSize(limit))
        try await table.read(range) { item throws(StoreError) in
            found += try PackedLines.unpack(item, of: user)
            return found.count < limit
        }
        if found.first?.number != number + 1, number > 0 {
            // The next line is packed with those before it.
            range.sorts = Key.line(0)...Key.line(number)
            (range.isReversed, range.pageSize) = (true, 1)
            try await table.read(range) { item throws(StoreError) in
                found = try PackedLines.unpack(item, of: user).filter { $0.number > number } + found
                return false
            }
        }
        return Array(found.prefix(limit))
    }

    /// Which lines of one user are wanted.
    struct Bounds {
        /// Numbers below this one; nil: all.
        var below: Int64?
        var since: Int64?
        var until: Int64?

        init(below: Int64?, since: Int64?, until: Int64?) {
            (self.below, self.since, self.until) = (below, since, until)
        }

        /// What comes before a line of any user, of one user's lines: of the same moment, those of a user whose name is
        /// less.
        init(before line: StoredLine?, for user: String, since: Int64?, until: Int64?) {
            self.init(below: line?.user == user ? line?.number : nil, since: since, until: until)
            guard let line else { return }
            let end = Newest.isLess(line.user, user) ? line.at : line.at + 1
            self.until = min(until ?? .max, end)
        }
    }

    /// Lines of one user, the newest first.
    func newest(_ head: Head, _ bounds: Bounds, _ limit: Int) async throws(StoreError) -> [StoredLine] {
        var end = bounds.below ?? .max
        if bounds.below == nil, let until = bounds.until, head.at >= until {
            end = try await firstLine(of: head, from: until)
        }
        guard end > 1 else { return [] }
        var found: [StoredLine] = []
        let range = Table.Range(
            partition: try Key.lines(head.user), sorts: Key.line(0)...Key.line(end - 1), isReversed: true,
            pageSize: Self.pageSize(limit))
        try await table.read(range) { item throws(StoreError) in
            for line in try PackedLines.unpack(item, of: head.user).reversed() where line.number < end {
                // Times of one user's lines never go back.
                guard line.number > head.deleted, line.at >= bounds.since ?? .min else { return false }
                guard line.at < bounds.until ?? .max else { continue }
                found.append(line)
                if found.count == limit { return false }
            }
            return true
        }
        return found
    }

    /// A line at or after a moment that has few earlier ones of those after it: where reading backwards from it soon
    /// comes to what is before the moment. Halves the history again and again, an item each time.
    private func firstLine(of head: Head, from moment: Int64) async throws(StoreError) -> Int64 {
        var (low, high) = (head.deleted, head.line + 1)
        while high - low > Self.fewLines {
            let middle = low + (high - low) / 2
            var first: StoredLine?
            let range = Table.Range(
                partition: try Key.lines(head.user), sorts: Key.line(0)...Key.line(middle), isReversed: true,
                pageSize: 1)
            try await table.read(range) { item throws(StoreError) in
                first = try PackedLines.unpack(item, of: head.user).first
                return false
            }
            if let first, first.at >= moment, first.number <= middle { high = first.number } else { low = middle }
        }
        return high
    }

    /// This many are read rather than halved.
    private static let fewLines: Int64 = 256
}
