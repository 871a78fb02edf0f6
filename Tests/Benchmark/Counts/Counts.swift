import Configuration
import Engine
import JSON
import JSONSchema
import Journal
import Rotation
import RunnerProtocol
import SQLiteStore
import Secrets

/// Fixed pieces of work, each run alone under a tool that counts instructions: `counts.py`.
///
/// A count is the same whatever else the machine does, so that it can be held against a budget where times cannot.
@main
struct Counts {
    static let cases: [(name: String, run: @Sendable () async throws -> Void)] = [
        ("nothing", {}),
        ("configuration-of-500-users", configuration),
        ("rotation-of-200-targets", { try await rotation(targets: 200) }),
        ("rotation-of-800-targets", { try await rotation(targets: 800) }),
        ("frames", frames),
        ("redaction", redaction),
    ]

    static func main() throws {
        guard CommandLine.arguments.count == 2, let chosen = cases.first(where: { $0.name == CommandLine.arguments[1] })
        else {
            print(cases.map(\.name).joined(separator: "\n"))
            return
        }
        try Loop.run(chosen.run)
    }

    /// A file of 500 users with a target each is read, checked and resolved.
    private static func configuration() throws {
        let users = (1...500).map { "  ci-\($0): { targets: [{ pusher: gitlab, project: acme/app-\($0) }] }" }
        let text = """
            version: 1
            state: sqlite:state.db
            seal-key: { file: seal.key }
            pushers: { gitlab: { plugin: gitlab-ci, token: { env: TOKEN } } }
            defaults: { rotate-every: 24h, overlap: 1h, soak: 1h }
            users:
            \(users.joined(separator: "\n"))
            """
        let target: JSONValue = .object([
            "type": .string("object"), "additionalProperties": .bool(false),
            "properties": .object([
                "project": .object(["type": .string("string"), "pattern": .string("^([0-9]+|[^/\\s]+(/[^/\\s]+)+)$")]),
                "access-key-id": .object(["type": .string("string"), "minLength": .integer(1)]),
                "secret-access-key": .object(["type": .string("string"), "minLength": .integer(1)]),
            ]),
        ])
        let plugin = PluginDescription(
            configuration: Schema(.object(["type": .string("object")])), target: Schema(target), secrets: ["token"],
            place: ["project"], exclusive: [])
        let resolved = try Configuration(text: text, file: "keyturn.yaml").resolve(["gitlab-ci": plugin])
        precondition(resolved.users.count == 500)
    }

    /// One rotation from its beginning to the end of its deliveries, through the session and the journal, with answers that
    /// come eight at a time.
    private static func rotation(targets count: Int) async throws {
        let journal = try await StoredJournal(SQLiteStore(path: nil), seal: Seal(key: Seal.makeKey()))
        let user = ManagedUser(
            name: "bench", userName: "bench", keys: NoKeys(), policy: Policy(preflight: false),
            targets: (1...count).map {
                ManagedTarget(TargetName("gitlab:acme/app-\($0)"))
            })
        var now = Timestamp(milliseconds: 1_800_000_000_000)
        var session = try await RotationSession(user, journal, owner: .current, tenure: Tenure { .zero }, at: now)
        let old = AccessKey(id: AccessKeyID("AKIAOLD"), status: .active, created: now - .seconds(1_000_000))
        let new = AccessKey(id: AccessKeyID("AKIANEW"), status: .active, created: now)
        var transition = try await session.handle([EventWithKeyPair(event: .resumed)], at: now)
        var waiting: [Effect] = []
        while session.rotation.phase != .overlap {
            now = now + .milliseconds(session.rotation.phase == .verifying ? 1_000 : 20)
            waiting += transition.effects
            let answers = waiting.prefix(8).map { effect -> EventWithKeyPair in
                switch effect {
                case .listKeys: EventWithKeyPair(event: .keysListed([old]))
                case .createKey:
                    EventWithKeyPair(
                        event: .keyCreated(new), pair: KeyPair(id: new.id, secret: .text("secret")))
                case .verifyKey(let id): EventWithKeyPair(event: .keyVerified(id))
                case .push(let target, let id):
                    EventWithKeyPair(
                        event: .pushed(target, id, PushResult(.ok, evidence: .readBack, message: "updated (200)")))
                default: preconditionFailure("\(effect) is not asked for here")
                }
            }
            waiting.removeFirst(answers.count)
            transition = try await session.handle(
                answers.isEmpty ? [EventWithKeyPair(event: .timePassed)] : Array(answers), at: now)
        }
        precondition(session.rotation.deliveries.count == count)
    }

    /// What one push of two requests sends over a runner's socket, a thousand times.
    private static func frames() throws {
        var buffer: [UInt8] = []
        var reader = FrameReader(limit: Frame.limitFromRunner)
        var count = 0
        for number in 1...1_000 {
            buffer.removeAll(keepingCapacity: true)
            for _ in 0..<2 {
                Frame(.secret, call: UInt32(number), payload: Array(repeating: 0x61, count: 200)).write(to: &buffer)
                let request = WireRequest(
                    number: 1, method: "PUT", url: "https://gitlab.com/api/v4/projects/1/variables/A", timeLimit: 30_000
                )
                Frame(.httpRequest, call: UInt32(number), payload: request.payload).write(to: &buffer)
            }
            buffer.withUnsafeBytes { reader.append($0) }
            while let frame = try reader.next() {
                if frame.kind == .httpRequest { _ = try WireRequest(payload: frame.payload) }
                count += 1
            }
        }
        precondition(count == 4_000)
    }

    /// A pusher's messages, of which one in ten gives a secret away.
    private static func redaction() throws {
        let secret = Secret.text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let redactor = Redactor([secret, .text("glpat-0123456789abcdefghij")])
        for number in 1...500 {
            let told = number % 10 == 0 ? "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" : "AWS_ACCESS_KEY_ID updated (200)"
            let text = redactor.redact("GitLab: acme/app-\(number): \(told), AWS_SECRET_ACCESS_KEY updated (200)")
            precondition(!text.contains("wJalr"))
        }
    }
}

/// No one asks AWS here: the answers are given.
private struct NoKeys: AccessKeyService {
    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey] { [] }
    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    { throw none }
    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure) {}
    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure) {}
    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse? { nil }
    func holder(of pair: KeyPair, expecting user: String) async throws(Failure) -> KeyHolder { throw none }

    private var none: Failure { Failure(.refused, "nobody is asked") }
}
