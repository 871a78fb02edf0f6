internal import JSON
public import StateStore

extension DynamoStore {
    /// Readings of a user between whose parts something was committed.
    private static let tries = 12
    /// Users that are read at once.
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
        let range = Table.Range(partition: try Key.content(head.user), prefix: Key.part)
        try await table.read(range) { item in
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
        let found = try await each(try await heads()) { head throws(StoreError) in
            if let user = try await self.user(head) { return (head.user, StoredUser?.some(user)) }
            return (head.user, try await self.user(head.user))
        }
        return Dictionary(found.compactMap { name, user in user.map { (name, $0) } }) { first, _ in first }
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
