internal import JSON
public import StateStore

extension DynamoStore {
    /// Readings of a user between whose parts something was committed.
    private static let tries = 12
    /// Users, or partitions of them, that are read at once.
    static let usersAtOnce = 8

    /// What is kept of a user.
    public func user(_ name: String) async throws(StoreError) -> StoredUser? {
        let key = try Key.head(name)
        var seen: Set<Int64> = []
        for attempt in 0..<Self.tries {
            guard let head = try await table.item(key).map({ item throws(StoreError) in try Head(item) }) else {
                return nil
            }
            if let user = try await user(head) { return user }
            seen.insert(head.version)
            await pause(attempt)
        }
        // Nothing was committed all the while.
        guard seen.count > 1 else {
            throw StoreError(.corrupt, "the record or the parts of \(name) are not those that belong to its version")
        }
        throw StoreError(.unavailable, "\(name) was changed each time that it was read, \(Self.tries) times")
    }

    private func pause(_ attempt: Int) async {
        // Cancelled or not, what follows is bounded.
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0...min(10 << attempt, 160))))
    }

    /// nil: something was committed since the head was read.
    private func user(_ head: Head) async throws(StoreError) -> StoredUser? {
        var items: [Item] = []
        let start = try Key.content("", of: head.user)
        try await table.read(Table.Range(partition: start.partition, prefix: start.sort)) { item in
            items.append(item)
            return true
        }
        return try head.user(with: items, at: now)
    }

    /// The version of what is kept of each user.
    public func versions() async throws(StoreError) -> [String: Int64] {
        var found: [String: Int64] = [:]
        let range = Table.Range(
            partition: Key.users, attributes: [Key.sortName, Head.version, Head.write])
        try await table.read(range) { item throws(StoreError) in
            let head = try Head(item)
            found[head.user] = head.version
            return true
        }
        return found
    }

    func heads() async throws(StoreError) -> [Head] {
        var heads: [Head] = []
        try await table.read(Table.Range(partition: Key.users)) { item throws(StoreError) in
            heads.append(try Head(item))
            return true
        }
        return heads
    }

    /// What is kept of all users.
    public func users() async throws(StoreError) -> [String: StoredUser] {
        let heads = Dictionary(try await heads().map { ($0.user, $0) }) { first, _ in first }
        var found: [String: StoredUser] = [:]
        let parts = try await each(Array(0..<Key.contents)) { number throws(StoreError) in
            try await self.users(heads, in: number)
        }
        for part in parts { found.merge(part) { first, _ in first } }
        // Something was committed since the heads were read.
        let names = heads.keys.filter { found[$0] == nil }
        let changed = try await each(names) { name throws(StoreError) in try await self.user(name) }
        for (name, user) in zip(names, changed) { found[name] = user }
        return found
    }

    /// Those of one partition's users that are as their heads say.
    private func users(_ heads: [String: Head], in number: UInt32) async throws(StoreError) -> [String: StoredUser] {
        var found: [String: StoredUser] = [:]
        // A user's items follow one another.
        var (user, items) = (String?.none, [Item]())
        func take() throws(StoreError) {
            guard let head = user.flatMap({ heads[$0] }) else { return }
            found[head.user] = try head.user(with: items, at: now)
        }
        try await table.read(Table.Range(partition: Key.contents(number))) { item throws(StoreError) in
            guard let next = item.text(Key.sortName).flatMap(Key.content)?.user else {
                throw StoreError(.corrupt, "what is kept of a user cannot be read")
            }
            if next != user {
                try take()
                (user, items) = (next, [])
            }
            items.append(item)
            return true
        }
        try take()
        return found
    }

    /// Some at once.
    func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws(StoreError) -> Value
    ) async throws(StoreError) -> [Value] {
        try await withTaskGroup(of: (Int, Result<Value, StoreError>).self) { group in
            var waiting = elements.enumerated().makeIterator()
            func startNext() {
                guard let (index, element) = waiting.next() else { return }
                group.addTask {
                    // The result by itself, and then the pair: optimized, Swift 6.3 breaks a closure that returns a pair with an `await`
                    // in it that may throw.
                    let result: Result<Value, StoreError>
                    do throws(StoreError) { result = .success(try await body(element)) } catch {
                        result = .failure(error)
                    }
                    return (index, result)
                }
            }
            for _ in 0..<Self.usersAtOnce { startNext() }
            var found: [Int: Value] = [:]
            for await (index, result) in group {
                switch result {
                case .success(let value): found[index] = value
                case .failure(let error):
                    group.cancelAll()
                    return Result<[Value], StoreError>.failure(error)
                }
                startNext()
            }
            return .success(elements.indices.compactMap { found[$0] })
        }.get()
    }
}
