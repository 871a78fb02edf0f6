import Engine
import Journal
import Rotation
import SQLiteStore
import Secrets
import Testing

@Suite("Crashes and failures of the journal", .timeLimit(.minutes(1)))
struct CrashTests {
    @Test("a fresh engine on the same file goes on with the same key")
    func resume() async throws {
        let directory = try TemporaryDirectory()
        let (path, seal) = (directory.path + "/state.db", Seal(key: Seal.makeKey()))
        let stage = try await Stage(journal: try await StoredJournal(SQLiteStore(path: path), seal: seal))
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: Stage.target(1))
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(try await stage.phase() == .delivering)

        stage.pushers.set(.confirms, for: Stage.target(1))
        let later = stage.with(journal: try await StoredJournal(SQLiteStore(path: path), seal: seal))
        let outcome = await later.engine().work(on: later.user(), requests: [], extent: .wholeRotation)
        #expect(outcome.rotation?.phase == .idle)
        #expect(stage.pushers.held(Stage.target(1)) == "AKIANEW1")
        #expect(stage.pushers.pushes(to: Stage.target(0)) == ["AKIANEW1"])
        #expect(stage.aws.changes.map(\.call) == ["create", "Inactive", "delete"])
    }

    @Test("a key whose reply was lost is deleted, and another one made", arguments: [1, 3])
    func lostReply(times: Int) async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        if times == 1 { stage.aws.nextCreations(.lost) } else { stage.aws.nextCreations(.lost, .lost, .lost) }
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(outcome.rotation?.phase == .overlap)
        #expect(stage.aws.changes("create").count == times + 1)
        #expect(stage.aws.changes("delete").map(\.key) == stage.aws.changes("create").dropLast().map(\.key))
        #expect(stage.aws.keys(of: "bot").count == 2)
    }

    @Test("a process that dies between CreateAccessKey and its reply leaves no key behind")
    func diesWhileCreating() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.aws.nextCreations(.hangs)
        let (engine, user, aws) = (stage.engine(), stage.user(), stage.aws)
        let task = Task { await engine.work(on: user, requests: [], extent: .due) }
        await Stage.reached { !aws.changes("create").isEmpty }
        task.cancel()
        _ = await task.value
        let outcome = await stage.engine().work(on: user, requests: [], extent: .wholeRotation)
        #expect(outcome.rotation?.phase == .idle)
        #expect(aws.keys(of: "bot").map(\.id.rawValue) == ["AKIANEW2"])
        #expect(aws.changes("delete").first?.key.rawValue == "AKIANEW1")
    }

    @Test(
        "a journal that fails at any commit is reported, and the next engine ends the rotation well", arguments: 0..<16)
    func journalFails(after commits: Int) async throws {
        let good = try await StoredJournal(SQLiteStore(path: nil), seal: Seal(key: Seal.makeKey()))
        let stage = try await Stage(journal: good)
        _ = stage.aws.addOldKey(of: "bot")
        let broken = stage.with(journal: FailingJournal(good, after: commits))
        let outcome = await broken.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        if case .journalFailed(let words) = outcome.end {
            #expect(words == "the disk is full")
        } else {
            #expect(outcome.end == .rested)
            #expect(commits >= 10)
        }
        let last = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        #expect(last.rotation?.phase == .idle)
        let keys = stage.aws.keys(of: "bot")
        #expect(keys.map(\.id) == [last.rotation?.current?.id])
        for index in 0..<3 { #expect(stage.pushers.held(Stage.target(index)) == keys.first?.id.rawValue) }
    }

    @Test("without the intent in the journal nothing is done: no key is made by an engine that cannot write")
    func nothingWithoutIntent() async throws {
        let good = try await StoredJournal(SQLiteStore(path: nil), seal: Seal(key: Seal.makeKey()))
        let stage = try await Stage(journal: FailingJournal(good, after: 0))
        _ = stage.aws.addOldKey(of: "bot")
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        #expect(outcome.end == .journalFailed("the disk is full"))
        #expect(stage.aws.changes.isEmpty)
    }
}

/// A journal whose disk is full after so many commits.
final class FailingJournal: Journal {
    private let journal: any Journal
    private let left: Counter

    init(_ journal: any Journal, after commits: Int) {
        self.journal = journal
        left = Counter(commits)
    }

    func records() async throws(JournalError) -> [String: JournalRecord] { try await journal.records() }
    func release(_ user: String, at position: JournalPosition) async throws(JournalError) {
        try await journal.release(user, at: position)
    }

    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        try await journal.acquire(user, lease: lease, at: now)
    }

    func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition {
        guard left.takeOne() else { throw JournalError(.unavailable, "the disk is full") }
        return try await journal.commit(entry)
    }
}
