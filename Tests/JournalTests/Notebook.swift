import Foundation
@testable import Journal
import Rotation
@testable import SQLiteStore
import Secrets
import StateStore
import Synchronization

/// A journal in a file of its own, in a directory that goes with the tests.
final class Notebook {
    static let now = Timestamp(milliseconds: 1_800_000_000_123)
    static let lease = Lease(owner: .current, lasting: .seconds(60))
    static let secretText = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let keyID = AccessKeyID("AKIAIOSFODNN7EXAMPLE")

    let directory: String
    let seal: Seal
    var path: String { directory + "/state.db" }

    init() throws {
        directory = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        seal = Seal(key: Seal.makeKey())
        _ = Self.cleaning
        Self.directories.withLock { $0.append(directory) }
    }

    /// Of all notebooks: a journal may be in use for longer than the notebook that it came from, and its file has to stay.
    private static let directories = Mutex<[String]>([])
    private static let cleaning: Void = {
        atexit {
            for directory in Notebook.directories.withLock(\.self) {
                try? FileManager.default.removeItem(atPath: directory)
            }
        }
    }()

    func open() async throws -> StoredJournal { try await StoredJournal(SQLiteStore(path: path), seal: seal) }

    /// For looking.
    func look() async throws -> StoredJournal { try await StoredJournal(SQLiteStore(path: path), seal: nil) }

    static func inMemory(author: Author = .current(command: "test")) async throws -> StoredJournal {
        try await StoredJournal(SQLiteStore(path: nil), seal: Seal(key: Seal.makeKey()), author: author)
    }

    func write(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: path)) }

    /// Does something to the file that keyturn would not.
    func execute(_ sql: String) throws { try Connection(path).execute(sql) }

    /// A part of a user's.
    func part(_ name: String, of user: String = "bot") async throws -> Data? {
        try await SQLiteStore(path: path).user(user)?.parts[name].map { Data($0) }
    }

    /// Everything that is in the directory: the database, its log and its index.
    func allBytes() throws -> Data {
        var bytes = Data()
        for file in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            bytes += try Data(contentsOf: URL(fileURLWithPath: directory + "/" + file))
        }
        return bytes
    }

    static var pair: KeyPair { KeyPair(id: keyID, secret: .text(secretText)) }

    /// A rotation that has just made its key.
    static var verifying: Rotation {
        var rotation = Rotation(at: now)
        rotation.number = 1
        rotation.phase = .verifying
        rotation.next = KeyRecord(id: keyID, created: now, status: .active)
        return rotation
    }

    static func entry(
        _ rotation: Rotation, position: JournalPosition, transition: Transition = Transition(),
        pair: JournalEntry.Pair = .keep,
        user: String = "bot", lease: Lease = Notebook.lease
    ) -> JournalEntry {
        JournalEntry(
            user: user, position: position, lease: lease, rotation: rotation, transition: transition, pair: pair,
            at: now)
    }
}

extension StoredJournal {
    /// Takes a user up, and seals a pair.
    @discardableResult
    func seal(_ user: String = "bot") async throws -> JournalPosition {
        let record = try await acquire(user, lease: Notebook.lease, at: Notebook.now).record
        let entry = Notebook.entry(
            Notebook.verifying, position: record.position, pair: .seal(Notebook.pair), user: user)
        return try await commit(entry)
    }

    func record(of user: String) async throws(JournalError) -> JournalRecord? { try await records()[user] }

    /// The pair that is kept, without taking the user up.
    func pendingPair(of user: String) async throws -> KeyPair? {
        guard let stored = try await store.user(user), let seal else { return nil }
        return try open(stored.parts[Part.pair], try stored.read().record.rotation?.keyOfPair?.id, of: user, seal)
    }

    func history(of user: String?, limit: Int) async throws -> [HistoryLine] {
        var filter = HistoryFilter(limit: limit)
        filter.user = user
        return try await history(filter)
    }
}
