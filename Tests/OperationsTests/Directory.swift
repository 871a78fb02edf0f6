import Configuration
import Foundation
@testable import Journal
@testable import Operations
import Rotation
import SQLiteStore
import Secrets
import StateStore
import Synchronization

/// A directory with a configuration, a seal key and a place for the state, and what operations on it log and open.
///
/// The plugins are those of the installation that `KEYTURN_STAGE` names. AWS is at an address where no one listens.
final class Directory: Sendable {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    let path: String
    private let log = Mutex<[String]>([])
    private let opened = Mutex<[String?]>([])

    init(_ configuration: String = Directory.configuration()) throws {
        path = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/state", withIntermediateDirectories: true)
        try write("keyturn.yaml", configuration)
        try writeSealKey()
        try write("gitlab.token", "glpat-12345678901234567890\n", mode: 0o600)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// One user with one target in each CI system; the text of one piece can be another.
    static func configuration(_ piece: String? = nil, _ other: String = "") -> String {
        let text = """
            version: 1
            state: sqlite:state/keyturn.db
            seal-key: { file: seal.key }
            aws: { region: us-east-1, endpoint-url: "http://127.0.0.1:9" }
            plugins: { path: [] }
            pushers:
              travis: { plugin: travis-ci, token: { env: TRAVIS_TOKEN }, endpoint: "http://127.0.0.1:9" }
              gitlab: { plugin: gitlab-ci, token: { file: gitlab.token }, endpoint: "http://127.0.0.1:9" }
              github: { plugin: github-actions, token: { env: GITHUB_TOKEN }, endpoint: "http://127.0.0.1:9" }
            defaults: { first-rotation: when-due, rotate-every: 24h, overlap: 1h, soak: 1h }
            users:
              cicd-bot:
                aws: { region: us-east-1 }
                targets:
                  - { pusher: travis, repository: acme/app }
                  - { pusher: gitlab, project: acme/tools/app }
                  - { pusher: github, repository: acme/app }
            """
        guard let piece else { return text }
        precondition(text.contains(piece), "the configuration has no \(piece)")
        return text.replacing(piece, with: other, maxReplacements: 1)
    }

    static let targets = ["github:acme/app", "gitlab:acme/tools/app", "travis:acme/app"]

    /// The installation that the tests work with: that of `KEYTURN_STAGE`, else what `make stage` made.
    static let installation = Installation(
        prefix: ProcessInfo.processInfo.environment["KEYTURN_STAGE"]
            ?? URL(fileURLWithPath: #filePath + "/../../../.build/stage").standardizedFileURL.path)

    var context: OperationContext {
        var context = OperationContext(
            file: path + "/keyturn.yaml",
            environment: [
                "TRAVIS_TOKEN": "travis-token-1234", "GITHUB_TOKEN": "ghp_123456789012345678901234567890123456",
                "AWS_ACCESS_KEY_ID": "AKIAOPERATOREXAMPLE1", "AWS_SECRET_ACCESS_KEY": "not-the-real-secret",
                "HOME": path, "PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true",
            ],
            log: EventLog { [weak self] level, text in self?.log.withLock { $0.append("\(level): \(text)") } },
            command: "test", version: "0.0.0", installation: Self.installation)
        context.openStore = { [weak self] loaded, location, makes in
            let store = try await StateAccess.openStore(loaded, location, makes)
            if store != nil { self?.opened.withLock { $0.append(location?.file) } }
            return store
        }
        return context
    }

    /// What was logged so far.
    var lines: [String] { log.withLock { $0 } }
    /// How often the state was opened so far.
    var openings: Int { opened.withLock { $0.count } }

    func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + "/" + name)
    }

    /// The key that ``journal()`` opens the state with.
    func writeSealKey() throws {
        try write("seal.key", Data(repeating: 7, count: 32).base64EncodedString() + "\n", mode: 0o600)
    }

    /// What lies where the state is.
    var stateFiles: [String: Data] {
        get throws {
            let directory = path + "/state"
            return try Dictionary(
                uniqueKeysWithValues: FileManager.default.contentsOfDirectory(atPath: directory).map {
                    ($0, try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)")))
                })
        }
    }

    /// The state as another process opens it.
    func journal() async throws -> StoredJournal {
        let seal = Seal(key: [UInt8](repeating: 7, count: 32).withUnsafeBytes { Secret(copying: $0) })
        return try await StoredJournal(SQLiteStore(path: path + "/state/keyturn.db"), seal: seal)
    }

    /// Writes users' rotations into the state, as a process before this one did.
    func know(_ rotations: [String: Rotation]) async throws {
        let journal = try await journal()
        for (user, rotation) in rotations {
            let lease = Lease(owner: .current, lasting: .seconds(20))
            let record = try await journal.acquire(user, lease: lease, at: Self.now).record
            var transition = Transition()
            transition.notes = [HistoryEvent(.takenOver, key: rotation.current?.id)]
            transition.changedDeliveries = Set(rotation.deliveries.keys)
            let position = try await journal.commit(
                JournalEntry(
                    user: user, position: record.position, lease: lease, rotation: rotation, transition: transition,
                    pair: .keep, at: Self.now))
            try await journal.release(user, at: position)
        }
    }

    /// A user whose key was looked at and never rotated.
    static func seen() -> Rotation {
        var rotation = idle(targets: [])
        rotation.number = 0
        rotation.lookedAt = nil
        return rotation
    }

    /// A rotation that is over, whose key every target has confirmed.
    static func idle(at now: Timestamp = Moment.now, targets: [String] = Directory.targets) -> Rotation {
        var rotation = Rotation(at: now)
        rotation.number = 1
        rotation.lookedAt = now
        rotation.current = KeyRecord(id: AccessKeyID("AKIACURRENTEXAMPLE01"), created: now, status: .active)
        for target in targets {
            var delivery = Delivery()
            delivery.state = .confirmed
            delivery.evidence = .readBack
            delivery.at = now
            rotation.deliveries[TargetName(target)] = delivery
        }
        return rotation
    }
}

extension Directory {
    /// The IDs of the plugins that the installation has.
    static func shippedPlugins() throws -> [String] {
        let directory = installation.prefix + "/lib/keyturn/pushers"
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted().filter {
            FileManager.default.fileExists(atPath: "\(directory)/\($0)/manifest.json")
        }
    }
}
