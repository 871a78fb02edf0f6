import StateStore
import Testing

/// What every store must do. `open` gives another connection to one and the same state.
struct StoreSuite: Sendable, CustomTestStringConvertible {
    let name: String
    let open: @Sendable () async throws -> any StateStore
    /// Gives a state of its own, which is empty.
    let openFresh: @Sendable () async throws -> any StateStore

    var testDescription: String { name }

    func whatIsCommittedIsRead() async throws {
        let store = try await open()
        #expect(try await store.user("bot") == nil)
        var change = UserChange(
            "bot", version: 0, lease: StoredLease(owner: "a", milliseconds: 60_000), record: [1, 0, 255])
        change.parts = ["pair": [], "delivery ci:ä/\u{0}": [7]]
        change.lines = [StoredLine(user: "bot", number: 1, at: 10, content: [3])]
        try await store.commit(change)
        var expected = StoredUser(
            version: 1, lease: StoredLease(owner: "a", milliseconds: 60_000), record: [1, 0, 255],
            parts: ["pair": [], "delivery ci:ä/\u{0}": [7]])
        let other = try await open()
        var read = try await other.user("bot")
        let left = try #require(read?.lease?.milliseconds)
        #expect((1...60_000).contains(left))
        read?.lease?.milliseconds = 60_000
        #expect(read == expected)
        // What is not named stays; what is nil goes.
        var second = UserChange("bot", version: 1, lease: nil)
        second.parts = ["pair": nil, "new": [9]]
        try await other.commit(second)
        expected = StoredUser(
            version: 2, lease: nil, record: [1, 0, 255], parts: ["delivery ci:ä/\u{0}": [7], "new": [9]])
        #expect(try await store.users() == ["bot": expected])
        #expect(try await store.versions() == ["bot": 2])
    }

    func aConflictChangesNothing() async throws {
        let (store, other) = (try await open(), try await open())
        try await store.commit(UserChange("bot", version: 0, lease: nil, record: [1]))
        for version: Int64 in [0, 2, 99] {
            var late = UserChange("bot", version: version, lease: StoredLease(owner: "b", milliseconds: 1), record: [2])
            late.parts = ["x": [1]]
            late.lines = [StoredLine(user: "bot", number: 1, at: 1, content: [1])]
            await expectCode(.conflict) { try await other.commit(late) }
        }
        await expectCode(.conflict) {
            try await other.commit(UserChange("nobody", version: 3, lease: nil, record: [2]))
        }
        #expect(
            try await store.users()
                == ["bot": StoredUser(version: 1, lease: nil, record: [1])])
        #expect(try await store.lines(.following(user: "bot", number: 0, limit: 10)).isEmpty)
    }

    func aCommitIsAllOrNothing() async throws {
        let store = try await open()
        var first = UserChange("bot", version: 0, lease: nil, record: [1])
        first.lines = [StoredLine(user: "bot", number: 1, at: 1, content: [1])]
        try await store.commit(first)
        // The second of its lines has a number that is taken: nothing of the commit may be left.
        var broken = UserChange("bot", version: 1, lease: nil, record: [2])
        broken.parts = ["x": [1]]
        broken.lines = [2, 1].map { StoredLine(user: "bot", number: $0, at: 2, content: [2]) }
        await #expect(throws: StoreError.self) { try await store.commit(broken) }
        #expect(try await store.user("bot") == StoredUser(version: 1, lease: nil, record: [1]))
        #expect(try await store.lines(.following(user: "bot", number: 0, limit: 9)) == first.lines)
        try await store.commit(UserChange("bot", version: 1, lease: nil, record: [3]))
        #expect(try await store.user("bot")?.version == 2)
    }

    func ofManyWritersOneSucceeds() async throws {
        try await open().commit(UserChange("bot", version: 0, lease: nil, record: []))
        let won = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<4 {
                let store = try await open()
                group.addTask { try await write(as: UInt8(writer), store) }
            }
            return try await group.reduce(0, +)
        }
        let store = try await open()
        #expect(won > 0)
        #expect(try await store.user("bot")?.version == Int64(won) + 1)
        let lines = try await store.lines(.following(user: "bot", number: 0, limit: 1_000))
        #expect(lines.map(\.number) == Array(1...Int64(won)))
        #expect(try await store.user("bot")?.record == lines.last?.content)
    }

    /// Whatever a store does with changes that are asked for at the same moment, one that fails takes no other one with it.
    func ofManyAtOnceEachGetsItsAnswer() async throws {
        let store = try await open()
        let users = 200
        func kind(_ user: Int) -> Int { user % 10 }
        let codes = await withTaskGroup(of: (Int, StoreError.Code?).self) { group in
            for user in 0..<users {
                group.addTask {
                    var change = UserChange(
                        "user\(user)", version: kind(user) == 3 ? 7 : 0, lease: nil, record: [UInt8(user)])
                    change.parts = ["x": [UInt8(user)]]
                    // The second line of every tenth has the number of the first.
                    let numbers: [Int64] = kind(user) == 7 ? [1, 1] : [1, 2]
                    change.lines = numbers.map {
                        StoredLine(user: change.user, number: $0, at: Int64(user), content: [UInt8(user)])
                    }
                    do throws(StoreError) { try await store.commit(change) } catch { return (user, error.code) }
                    return (user, nil)
                }
            }
            return await group.reduce(into: [Int: StoreError.Code?]()) { $0[$1.0] = $1.1 }
        }
        for user in 0..<users {
            switch kind(user) {
            case 3: #expect(codes[user] == .conflict)
            case 7: #expect(codes[user] != nil && codes[user] != .some(nil) && codes[user] != .conflict)
            default: #expect(codes[user] == .some(nil))
            }
        }
        let fine = (0..<users).filter { kind($0) != 3 && kind($0) != 7 }
        let found = try await open().users()
        #expect(found.keys.sorted() == fine.map { "user\($0)" }.sorted())
        for user in fine {
            #expect(
                found["user\(user)"]
                    == StoredUser(version: 1, lease: nil, record: [UInt8(user)], parts: ["x": [UInt8(user)]]))
            let lines = try await store.lines(.following(user: "user\(user)", number: 0, limit: 9))
            #expect(lines.map(\.number) == [1, 2])
        }
    }

    private func write(as writer: UInt8, _ store: any StateStore) async throws -> Int {
        var won = 0
        for _ in 0..<40 {
            let version = try await store.user("bot")?.version ?? 0
            var change = UserChange("bot", version: version, lease: nil, record: [writer, UInt8(won)])
            change.lines = [StoredLine(user: "bot", number: version, at: version, content: [writer, UInt8(won)])]
            do throws(StoreError) {
                try await store.commit(change)
                won += 1
            } catch { if error.code != .conflict { throw error } }
        }
        return won
    }

    func linesAreFound() async throws {
        let store = try await open()
        for user in ["a", "b"] {
            var change = UserChange(user, version: 0, lease: nil, record: [])
            // Two of each moment, in both users' histories.
            change.lines = (1...6).map {
                StoredLine(user: user, number: $0, at: ($0 + 1) / 2 * 10, content: [UInt8($0)])
            }
            try await store.commit(change)
        }
        func names(_ lines: [StoredLine]) -> [String] { lines.map { "\($0.user)\($0.number)" } }
        #expect(
            names(try await store.lines(.following(user: "a", number: 2, limit: 3))) == ["a3", "a4", "a5"])
        var (pages, last) = ([String](), StoredLine?.none)
        for _ in 0..<4 {
            let page = try await store.lines(.newest(user: nil, before: last, since: nil, until: nil, limit: 5))
            pages += names(page)
            last = page.last ?? last
        }
        #expect(pages == ["b6", "b5", "a6", "a5", "b4", "b3", "a4", "a3", "b2", "b1", "a2", "a1"])
        let within = try await store.lines(.newest(user: "b", before: nil, since: 20, until: 30, limit: 9))
        #expect(names(within) == ["b4", "b3"])
        var change = UserChange("a", version: 1, lease: nil)
        change.lastDeletedLine = 4
        change.lines = [StoredLine(user: "a", number: 7, at: 40, content: [])]
        try await store.commit(change)
        #expect(names(try await store.lines(.following(user: "a", number: 0, limit: 9))) == ["a5", "a6", "a7"])
        #expect(try await store.lines(.following(user: "b", number: 0, limit: 9)).count == 6)
    }

    func documentsAreComparedAndSet() async throws {
        let (store, other) = (try await open(), try await open())
        try await store.write([1], to: "sent\n50%_a\nbot", version: 0)
        try await store.write([2], to: "sent\n50x_a\nbot", version: 0)
        await expectCode(.conflict) { try await other.write([3], to: "sent\n50%_a\nbot", version: 0) }
        await expectCode(.conflict) { try await other.write([3], to: "sent\n50%_a\nbot", version: 2) }
        await expectCode(.conflict) { try await other.write([3], to: "new", version: 1) }
        try await other.write([4], to: "sent\n50%_a\nbot", version: 1)
        let found = try await store.documents("sent\n50%")
        #expect(found.mapValues(\.content) == ["sent\n50%_a\nbot": [4]] && found.values.first?.version == 2)
        #expect(try await store.documents("").count == 2)
        #expect(try await store.documents("SENT").isEmpty)
        for version: Int64 in [0, 1, 3] {
            await expectCode(.conflict) { try await other.write(nil, to: "sent\n50%_a\nbot", version: version) }
        }
        try await other.write(nil, to: "sent\n50%_a\nbot", version: 2)
        #expect(try await store.documents("").keys.elementsEqual(["sent\n50x_a\nbot"]))
        // The name is free again.
        try await store.write([5], to: "sent\n50%_a\nbot", version: 0)
    }

    /// The same clock for all, whatever the worker's shows.
    func timeIsTheStores() async throws {
        let (store, other) = (try await open(), try await open())
        // Before the lease, so that it is as old as the lease is long, however slow the machine.
        try await store.write([1], to: "old", version: 0)
        try await store.commit(
            UserChange("bot", version: 0, lease: StoredLease(owner: "a", milliseconds: 400), record: []))
        let first = try #require(try await other.user("bot")?.lease?.milliseconds)
        #expect(first <= 400)
        var left = first
        let end = ContinuousClock.now + .seconds(10)
        while left > 0, .now < end {
            try await Task.sleep(for: .milliseconds(20))
            let next = try #require(try await other.user("bot")?.lease?.milliseconds)
            #expect(next <= left)
            left = next
        }
        #expect(left <= 0)
        try await store.write([1], to: "new", version: 0)
        let documents = try await other.documents("")
        let (old, new) = (try #require(documents["old"]?.age), try #require(documents["new"]?.age))
        #expect(new >= 0 && old - new >= 300, "\(old) ms and \(new) ms")
        #expect(try await other.users()["bot"]?.lease?.owner == "a")
    }

    func itTakesTheSizesThatOccur() async throws {
        let store = try await open()
        var change = UserChange("bot", version: 0, lease: nil, record: [UInt8](repeating: 1, count: 100_000))
        let content = [UInt8](repeating: 7, count: 500)
        for target in 0..<2_000 { change.parts["delivery ci:acme/app-\(target)"] = content }
        try await store.commit(change)
        #expect(try await store.user("bot")?.parts.count == 2_000)
        var number: Int64 = 0
        for version in 1...20 {
            var change = UserChange("bot", version: Int64(version), lease: nil)
            change.lines = (1...5_000).map {
                StoredLine(user: "bot", number: number + $0, at: number + $0, content: [1, 2, 3])
            }
            number += 5_000
            try await store.commit(change)
        }
        var (seen, last) = (0, Int64(0))
        while true {
            let page = try await store.lines(.following(user: "bot", number: last, limit: 1_000))
            guard let end = page.last else { break }
            #expect(page.first?.number == last + 1)
            (seen, last) = (seen + page.count, end.number)
        }
        #expect(seen == 100_000)
    }
}

func expectCode(_ code: StoreError.Code, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("nothing was thrown")
    } catch { #expect((error as? StoreError)?.code == code, "\(error)") }
}
