import AWS
import Foundation
import JSON
import Rotation
import SQLiteStore
import Secrets
import StateStore
import Synchronization
import Testing

@testable import DynamoFake
@testable import DynamoStore

/// What no other store has: a network between, and DynamoDB's limits.
@Suite struct DynamoStoreTests {
    private let server: FakeDynamoServer
    private var fake: FakeDynamo { server.dynamo }
    private var dynamo: Dynamo { Dynamo(url: server.url) }

    init() throws { server = try FakeDynamoServer() }

    private func first(_ user: String = "bot", lines: Int64 = 1) -> UserChange {
        var change = UserChange(user, version: 0, lease: nil, record: [1])
        change.parts = ["pair": [1], "delivery a": [2]]
        change.lines =
            lines < 1
            ? [] : (1...lines).map { StoredLine(user: user, number: $0, at: $0, content: [UInt8]("\($0)".utf8)) }
        return change
    }

    private func bodies(_ operation: String) -> [String] {
        fake.state.withLock { $0.requests.filter { $0.operation == operation }.map(\.body) }
    }

    @Test("A commit whose answer is lost is sent again as it was, and done once")
    func lostAnswer() async throws {
        let store = try await dynamo.open()
        let before = fake.count("TransactWriteItems")
        fake.fail("TransactWriteItems", .loseAfter, .failAfter)
        try await store.commit(first())
        let sent = bodies("TransactWriteItems").dropFirst(before)
        #expect(sent.count == 3 && Set(sent).count == 1)
        #expect(try await store.user("bot")?.version == 1)
        #expect(try await store.lines(.following(user: "bot", number: 0, limit: 9)).count == 1)
    }

    @Test("Where the token does not help, the head proves that it was done")
    func forgottenToken() async throws {
        let store = try await dynamo.open()
        fake.state.withLock { $0.rememberTokens = false }
        fake.fail("TransactWriteItems", .loseAfter)
        try await store.commit(first())
        fake.fail("TransactWriteItems", .loseAfter)
        try await store.write([1], to: "d", version: 0)
        #expect(try await store.documents("d")["d"]?.version == 1)
    }

    @Test("A commit of another one between lost answer and repetition is a conflict, and not mistaken for one's own")
    func overtaken() async throws {
        let (store, other) = (try await dynamo.open(), try await dynamo.open())
        try await store.commit(first())
        fake.fail(
            "TransactWriteItems", .loseBefore,
            .after { state in
                state.items["users"]?["user/bot"]?["version"] = .object(["N": .string("2")])
                state.items["users"]?["user/bot"]?["write"] = .object(["S": .string("another")])
            })
        await expectCode(.conflict) { try await store.commit(UserChange("bot", version: 1, lease: nil)) }
        #expect(try await other.versions() == ["bot": 2])
    }

    @Test("Where all answers are lost the head is read: what is there is done, and what is not is uncertain")
    func allLost() async throws {
        let store = try await dynamo.open()
        try await store.commit(first())
        fake.fail("TransactWriteItems", .loseAfter)
        for _ in 0..<30 { fake.fail("TransactWriteItems", .loseBefore) }
        try await store.commit(UserChange("bot", version: 1, lease: nil, record: [2]))
        #expect(try await store.user("bot")?.record == [2])
        fake.state.withLock { $0.faults = [] }
        for _ in 0..<30 { fake.fail("TransactWriteItems", .loseBefore) }
        await expectCode(.uncertain) {
            try await store.commit(UserChange("bot", version: 2, lease: nil, record: [3]))
        }
        #expect(try await store.user("bot")?.record == [2])
    }

    @Test("An answer that refuses after a lost one does not say that nothing was changed")
    func refusedAfterLost() async throws {
        let store = try await dynamo.open()
        try await store.commit(first())
        // libcurl itself sends it again where the connection was there before.
        fake.fail("TransactWriteItems", .loseBefore, .refuse("AccessDeniedException"))
        await expectCode(.uncertain) { try await store.commit(UserChange("bot", version: 1, lease: nil)) }
        // Alone it does.
        fake.fail("TransactWriteItems", .refuse("AccessDeniedException"))
        await expectCode(.denied) { try await store.commit(UserChange("bot", version: 1, lease: nil)) }
    }

    @Test("What passes by itself is waited for")
    func passing() async throws {
        let store = try await dynamo.open()
        fake.fail(
            "TransactWriteItems", .refuse("ProvisionedThroughputExceededException"), .refuse("ThrottlingException"),
            .refuse("TransactionInProgressException"), .cancel("TransactionConflict"),
            .refuse("InternalServerError", status: 500))
        try await store.commit(first())
        fake.fail("GetItem", .refuse("ProvisionedThroughputExceededException"), .refuse("RequestLimitExceeded"))
        fake.fail("Query", .loseBefore, .refuse("ThrottlingException"))
        #expect(try await store.user("bot")?.parts.count == 2)
        // What does not is not.
        let before = fake.count("TransactWriteItems")
        fake.fail("TransactWriteItems", .cancel("ValidationError"))
        await expectCode(.unavailable) { try await store.commit(UserChange("bot", version: 1, lease: nil)) }
        #expect(fake.count("TransactWriteItems") == before + 1)
    }

    @Test("A token with something else is refused")
    func mismatch() async throws {
        let store = try await dynamo.open()
        func action(_ number: Int64) -> JSONValue {
            var update = ItemUpdate(Key(partition: "x", sort: "y"))
            update.set("n", number)
            return update.action("state")
        }
        #expect(try await store.table.transact([action(1)], token: "t") == nil)
        #expect(try await store.table.transact([action(1)], token: "t") == nil)
        let error = await #expect(throws: AWSError.self) { _ = try await store.table.transact([action(2)], token: "t") }
        #expect(error?.awsCode == "IdempotentParameterMismatchException" && error?.code == .refused)
    }

    @Test("What exceeds DynamoDB's limits is refused, and changes nothing")
    func limits() async throws {
        let store = try await dynamo.open()
        try await store.commit(first())
        var tooMuch = UserChange("bot", version: 1, lease: nil, record: [2])
        for index in 0..<5_000 { tooMuch.parts["delivery \(index)"] = [UInt8](repeating: 1, count: 1_000) }
        var tooLarge = UserChange("bot", version: 1, lease: nil, record: [2])
        tooLarge.parts["pair"] = [UInt8](repeating: 1, count: 420_000)
        // Each is small enough, and what is there already is not known here: DynamoDB says it.
        var filling = UserChange("bot", version: 2, lease: nil)
        filling.parts["pair"] = [UInt8](repeating: 1, count: 400_000)
        var second = UserChange("bot", version: 3, lease: nil)
        let twin = try #require((0...).lazy.map { "x\($0)" }.first { Bucket(of: $0) == Bucket(of: "pair") })
        second.parts[twin] = [UInt8](repeating: 1, count: 20_000)
        let sent = fake.count("TransactWriteItems")
        for change in [tooMuch, tooLarge] { await expectCode(.unavailable) { try await store.commit(change) } }
        #expect(fake.count("TransactWriteItems") == sent)
        try await store.commit(UserChange("bot", version: 1, lease: nil))
        try await store.commit(filling)
        await expectCode(.unavailable) { try await store.commit(second) }
        #expect(try await store.user("bot")?.version == 3)
        await expectCode(.unavailable) {
            try await store.write([UInt8](repeating: 1, count: 420_000), to: "d", version: 0)
        }
        await expectCode(.unavailable) {
            try await store.write([1], to: String(repeating: "n", count: 1_001), version: 0)
        }
    }

    @Test("A commit between the readings of a user is seen, and the user is read again", arguments: [false, true])
    func tornReading(ofAll: Bool) async throws {
        let store = try await dynamo.open()
        try await store.commit(first())
        // What another worker's commit does between head and buckets.
        let bucket = Bucket(of: "pair").name
        let place = try Key.bucket(Bucket(of: "pair"), of: "bot")
        fake.fail(
            "Query",
            .after { state in
                func number(_ number: Int) -> JSONValue { .object(["N": .string("\(number)")]) }
                state.items["users"]?["user/bot"]?["version"] = number(2)
                state.items["users"]?["user/bot"]?[bucket] = number(2)
                state.items[place.partition]?[place.sort]?["version"] = number(2)
                state.items[place.partition]?[place.sort]?["p:pair"] = .object(["B": .string("CQ==")])
            })
        if ofAll {
            fake.state.withLock { state in
                // It comes with the second query: the first one lists the heads.
                let fault = state.faults.removeFirst().fault
                state.faults = [("Query", .after { _ in }), ("Query", fault)]
            }
        }
        let found = ofAll ? try await store.users()["bot"] : try await store.user("bot")
        #expect(found?.version == 2 && found?.parts["pair"] == [9])
    }

    @Test("Parts that do not belong to the head are damage, and no user")
    func damage() async throws {
        let store = try await dynamo.open()
        try await store.commit(first())
        let place = try Key.bucket(Bucket(of: "pair"), of: "bot")
        fake.state.withLock { $0.items[place.partition]?[place.sort] = nil }
        await expectCode(.corrupt) { _ = try await store.user("bot") }
        await expectCode(.corrupt) { _ = try await store.users() }
    }

    @Test("All users are read with one query for the heads and one for each partition, however many they are")
    func requestsOfAll() async throws {
        let store = try await dynamo.open()
        let names = (0..<200).map { "bot-\($0)" } + ["a", "a!", "a/b", "a%2Fb", "ä", "/"]
        for name in names {
            var change = UserChange(name, version: 0, lease: nil, record: Array(name.utf8))
            change.parts = ["pair": [1], "target/\(name)": Array(name.utf8)]
            try await store.commit(change)
        }
        let before = fake.count("Query")
        let users = try await store.users()
        #expect(fake.count("Query") - before == 17)
        #expect(Set(users.keys) == Set(names))
        for (name, user) in users {
            #expect(user.record == Array(name.utf8) && user.parts["target/\(name)"] == Array(name.utf8))
            #expect(user == (try await store.user(name)))
        }
    }

    // MARK: Opening

    @Test("A table that is missing is named, with what makes it")
    func missing() async throws {
        fake.state.withLock { $0.table = nil }
        let error = await #expect(throws: StoreError.self) { _ = try await dynamo.open("keys") }
        #expect(error?.code == .unavailable)
        for word in [
            "keys", "eu-central-1", "aws dynamodb create-table", "--endpoint-url \(server.url)", "AttributeName=sk",
        ] {
            #expect(error?.description.contains(word) == true, "\(word)")
        }
    }

    @Test("A table with another key, of another program, or of a newer keyturn is not touched")
    func foreign() async throws {
        fake.state.withLock { $0.table = FakeDynamo.table("id", "sk") }
        await expectCode(.foreign) { _ = try await dynamo.open() }
        fake.state.withLock { state in
            state.table = FakeDynamo.table("pk", "sk")
            state.items["theirs"] = [
                "1": ["pk": .object(["S": .string("theirs")]), "sk": .object(["S": .string("1")])]
            ]
        }
        await expectCode(.foreign) { _ = try await dynamo.open() }
        #expect(fake.state.withLock { $0.items.count } == 1)
        fake.state.withLock { $0.items = [:] }
        _ = try await dynamo.open()
        fake.state.withLock { $0.items["keyturn"]?["layout"]?["layout"] = .object(["N": .string("2")]) }
        await expectCode(.newer) { _ = try await dynamo.open() }
    }

    // MARK: Credentials

    /// Gives other credentials each time that the ones before are refused.
    private struct Renewed: CredentialSource {
        let name = "a test"
        let asked = Counted()

        final class Counted: Sendable {
            let count = Mutex(0)
        }

        func credentials() async throws(AWSError) -> Credentials? {
            let number = asked.count.withLock {
                $0 += 1; return $0
            }
            let pair = KeyPair(id: AccessKeyID("AKIAIOSFODNN7EXAMPL\(number)"), secret: .text("secret"))
            return Credentials(pair: pair, source: name)
        }
    }

    private func client(_ source: any CredentialSource) -> JSONClient {
        JSONClient(
            .dynamoDB, account: Account(region: Dynamo.region, endpoint: server.url), source: source,
            http: Dynamo.http, environment: [:])
    }

    @Test(
        "Credentials that AWS does not take any more are renewed, and the call is made once more",
        arguments: ["ExpiredTokenException", "UnrecognizedClientException"])
    func renewal(code: String) async throws {
        let source = Renewed()
        fake.fail("DescribeTable", .refuse(code))
        _ = try await client(source).call("DescribeTable", .object(["TableName": .string("state")]))
        #expect(fake.count("DescribeTable") == 2 && source.asked.count.withLock { $0 } == 2)
        fake.fail("DescribeTable", .refuse("AccessDeniedException"))
        let error = await #expect(throws: AWSError.self) {
            _ = try await client(source).call("DescribeTable", .object(["TableName": .string("state")]))
        }
        #expect(error?.code == .denied && error?.description.contains("signed with AKIA") == true)
    }

    @Test("Nothing is sent without a permit")
    func permit() async throws {
        let forbidden = client(FixedCredentials()).permitted { false }
        await #expect(throws: AWSError.self) {
            _ = try await forbidden.call("DescribeTable", .object(["TableName": .string("state")]))
        }
        #expect(fake.count("DescribeTable") == 0)
    }

    // MARK: Time

    @Test("Leases and ages go by AWS's clock, however far off the worker's is", arguments: [-4_000.0, -100, 90, 3_000])
    func time(lead: Double) async throws {
        fake.state.withLock { $0.lead = lead }
        // One whose clock agrees with AWS's, and one whose clock does not.
        let right = try await dynamo.open(now: { SystemTime.now() + .milliseconds(Int64(lead * 1_000)) })
        let wrong = try await dynamo.open()
        try await wrong.commit(
            UserChange("a", version: 0, lease: StoredLease(owner: "w", milliseconds: 600_000), record: []))
        try await right.commit(
            UserChange("b", version: 0, lease: StoredLease(owner: "r", milliseconds: 600_000), record: []))
        try await wrong.write([1], to: "d", version: 0)
        // What is kept are AWS's times.
        let ends = fake.state.withLock { state in
            ["a", "b"].map { state.items["users"]?["user/\($0)"]?["until"]?["N"]?.string.flatMap { Double($0) } ?? 0 }
        }
        for end in ends {
            let left = end / 1_000 - lead - Date().timeIntervalSince1970
            #expect((540.0...603).contains(left), "\(left)")
        }
        for store in [right, wrong] {
            for user in ["a", "b"] {
                let left = try #require(try await store.user(user)?.lease?.milliseconds)
                #expect((540_000...603_000).contains(left), "\(user): \(left)")
            }
            let age = try #require(try await store.documents("d")["d"]?.age)
            #expect((0...60_000).contains(age))
        }
    }

    // MARK: History

    @Test("Lines are found as SQLite finds them, whatever was committed together, deleted and asked for")
    func likeSQLite() async throws {
        var random = SystemRandomNumberGenerator()
        let (store, model) = (try await dynamo.open(), try SQLiteStore(path: nil))
        var (next, times) = ([String: Int64](), [String: Int64]())
        var (versions, deleted) = ([String: Int64](), [String: Int64]())
        let users = ["a", "b", "Z/é", "none"]
        for _ in 0..<60 {
            let user = users[Int.random(in: 0..<3, using: &random)]
            let version = versions[user] ?? 0
            var change = UserChange(user, version: version, lease: nil, record: version == 0 ? [] : nil)
            for _ in 0..<[0, 1, 1, 2, 40].randomElement(using: &random)! {
                next[user, default: 0] += 1
                times[user, default: 100] += Int64.random(in: 0...2, using: &random)
                change.lines.append(
                    StoredLine(
                        user: user, number: next[user]!, at: times[user]!, content: [UInt8](repeating: 1, count: 30)))
            }
            if version > 0, Int.random(in: 0..<8, using: &random) == 0 {
                let last = next[user, default: 0] - Int64(change.lines.count)
                deleted[user] = Int64.random(in: deleted[user, default: 0]...last, using: &random)
                change.lastDeletedLine = deleted[user]
                if Bool.random(using: &random) { fake.fail("BatchWriteItem", .refuse("AccessDeniedException")) }
            }
            try await store.commit(change)
            try await model.commit(change)
            versions[user] = version + 1
        }
        let all = try await model.lines(.newest(user: nil, before: nil, since: nil, until: nil, limit: 10_000))
        #expect(all.count > 50)
        for _ in 0..<150 {
            let user = users.randomElement(using: &random)!
            let limit = [1, 3, 20, 1_000].randomElement(using: &random)!
            func moment() -> Int64? { Bool.random(using: &random) ? Int64.random(in: 95...220, using: &random) : nil }
            let of = Bool.random(using: &random) ? user : nil
            let before =
                Bool.random(using: &random)
                ? all.filter { of == nil || $0.user == of }.randomElement(using: &random) : nil
            let queries: [LineQuery] = [
                .following(user: user, number: Int64.random(in: 0...300, using: &random), limit: limit),
                .newest(user: of, before: before, since: moment(), until: moment(), limit: limit),
            ]
            for query in queries {
                #expect(try await store.lines(query) == model.lines(query), "\(query)")
            }
        }
    }

    @Test("A moment long ago is found without reading all lines since")
    func longAgo() async throws {
        let store = try await dynamo.open()
        try await store.commit(first(lines: 0))
        for commit in 0..<20 as Range<Int64> {
            var change = UserChange("bot", version: commit + 1, lease: nil)
            change.lines = (1...200).map {
                StoredLine(
                    user: "bot", number: commit * 200 + $0, at: commit * 200 + $0,
                    content: [UInt8](repeating: 7, count: 300))
            }
            try await store.commit(change)
        }
        let costs = try await fake.units {
            let found = try await store.lines(.newest(user: "bot", before: nil, since: nil, until: 1_001, limit: 5))
            #expect(found.map(\.number) == [1_000, 999, 998, 997, 996])
        }
        // All of it is 1.3 MB, which are 320.
        #expect(costs.read < 160, "\(costs.read)")
    }

    @Test("Deleted lines go, and what could not be deleted goes with the next ones")
    func purge() async throws {
        let store = try await dynamo.open()
        try await store.commit(first(lines: 0))
        for number in 1...60 as ClosedRange<Int64> {
            var change = UserChange("bot", version: number, lease: nil)
            change.lines = [StoredLine(user: "bot", number: number, at: number, content: [1])]
            try await store.commit(change)
        }
        func kept() -> Int {
            fake.state.withLock { $0.items["lines/bot"]?.count ?? 0 }
        }
        var change = UserChange("bot", version: 61, lease: nil)
        change.lastDeletedLine = 30
        fake.fail("BatchWriteItem", .refuse("AccessDeniedException"))
        try await store.commit(change)
        #expect(kept() == 60)
        #expect(try await store.lines(.following(user: "bot", number: 0, limit: 1)).map(\.number) == [31])
        #expect(try await store.lines(.newest(user: nil, before: nil, since: nil, until: nil, limit: 99)).count == 30)
        change = UserChange("bot", version: 62, lease: nil)
        change.lastDeletedLine = 40
        try await store.commit(change)
        #expect(kept() == 20)
    }

    // MARK: Names and costs

    @Test("Any name becomes a key, and is read from it")
    func names() {
        for name in ["", "bot", "a/b", "a%2Fb", "\u{0}", "a\nb", "ä€😀", "%"] {
            let escaped = Key.escape(name)
            #expect(Key.unescape(escaped) == name)
            #expect(escaped.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
        #expect(Key.unescape("%4") == nil && Key.unescape("%GG") == nil && Key.unescape("%FF") == nil)
    }

    @Test("A commit that changes one delivery costs what the file says", arguments: [1, 50, 2_000])
    func costs(targets: Int) async throws {
        let store = try await dynamo.open()
        var start = UserChange("bot", version: 0, lease: nil, record: [UInt8](repeating: 1, count: 900))
        for target in 0..<targets { start.parts["delivery ci:acme/app-\(target)"] = [UInt8](repeating: 7, count: 500) }
        start.lines = [StoredLine(user: "bot", number: 1, at: 1, content: [UInt8](repeating: 1, count: 400))]
        let begun = try await fake.units { try await store.commit(start) }
        let requests = fake.state.withLock { $0.requests.count }
        let one = try await fake.units {
            var change = UserChange(
                "bot", version: 1, lease: StoredLease(owner: "a", milliseconds: 1),
                record: [UInt8](repeating: 1, count: 900))
            change.parts["delivery ci:acme/app-0"] = [UInt8](repeating: 8, count: 500)
            change.lines = [StoredLine(user: "bot", number: 2, at: 1, content: [UInt8](repeating: 1, count: 400))]
            try await store.commit(change)
        }
        #expect(fake.state.withLock { $0.requests.count } == requests + 1)
        let lease = try await fake.units { try await store.commit(UserChange("bot", version: 2, lease: nil)) }
        let reading = try await fake.units { _ = try await store.user("bot") }
        let versions = try await fake.units { _ = try await store.versions() }
        #expect(begun.read == 0 && begun.write <= [1: 8, 50: 110, 2_000: 2_300][targets]!)
        #expect(one.read == 0 && one.write <= (targets == 2_000 ? 48 : 12))
        #expect(lease == (0, 2) && versions == (1, 0))
        #expect(reading.read <= [1: 2, 50: 12, 2_000: 320][targets]! && reading.write == 0)
    }
}
