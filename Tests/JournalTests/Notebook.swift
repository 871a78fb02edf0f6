import Foundation
import GRDB
@testable import Journal
import Rotation
import Secrets

/// A journal in a file of its own, in a directory that goes with it.
final class Notebook {
    static let now = Timestamp(milliseconds: 1_800_000_000_123)
    static let lease = Lease(owner: .current, until: now + .seconds(60))
    static let secretText = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let keyID = AccessKeyID("AKIAIOSFODNN7EXAMPLE")

    let directory: String
    let seal: Seal
    var path: String { directory + "/state.db" }

    init() throws {
        directory = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        seal = Seal(key: Seal.makeKey())
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func open() throws -> SQLiteJournal { try SQLiteJournal(path: path, seal: seal) }

    func write(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: path)) }

    /// Does something to the file that keyturn would not.
    func execute(_ sql: String) throws { try DatabaseQueue(path: path).write { try $0.execute(sql: sql) } }

    /// Everything that is in the directory: the database, its log and its index.
    func allBytes() throws -> Data {
        var bytes = Data()
        for file in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            bytes += try Data(contentsOf: URL(fileURLWithPath: directory + "/" + file))
        }
        return bytes
    }

    static var pair: KeyPair { KeyPair(id: keyID.rawValue, secret: .text(secretText)) }

    /// A rotation that has just made its key.
    static var verifying: Rotation {
        var rotation = Rotation(at: now)
        rotation.number = 1
        rotation.phase = .verifying
        rotation.next = KeyRecord(id: keyID, created: now, status: .active)
        return rotation
    }

    static func entry(
        _ rotation: Rotation, version: Int64, transition: Transition = Transition(), pair: JournalEntry.Pair = .keep,
        user: String = "bot", lease: Lease = Notebook.lease
    ) -> JournalEntry {
        JournalEntry(
            user: user, version: version, lease: lease, rotation: rotation, transition: transition, pair: pair, at: now)
    }
}

extension SQLiteJournal {
    /// Takes a user up, and seals a pair.
    @discardableResult
    func seal(_ user: String = "bot") throws -> Int64 {
        let record = try acquire(user, lease: Notebook.lease, at: Notebook.now).record
        let entry = Notebook.entry(
            Notebook.verifying, version: record.version, pair: .seal(Notebook.pair), user: user)
        return try commit(entry)
    }
}
