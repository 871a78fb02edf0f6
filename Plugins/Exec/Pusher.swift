import PusherKit

/// Hands key pairs to a program that the operator names, for targets no one wrote a plugin for.
struct Exec: Pusher {
    struct Configuration: JSONReadable {
        let program: [String]
        let actions: [Action]?

        init(json fields: JSONValue) throws(JSONMismatch) {
            program = try fields.value("program")
            actions = try fields.optional("actions")
        }
    }

    enum Action: String, JSONReadable {
        case push, check, inspect
    }

    struct Target: JSONReadable {
        let place: String
        let input: [String: String]?
        let accessKeyID: String
        let secretAccessKey: String

        init(json fields: JSONValue) throws(JSONMismatch) {
            place = try fields.value("place")
            input = try fields.optional("input")
            accessKeyID = try fields.value("access-key-id")
            secretAccessKey = try fields.value("secret-access-key")
        }
    }

    private let command: [String]
    private let actions: Set<Action>

    init(configuration: Configuration) throws(PushFailure) {
        guard let program = configuration.program.first, program.hasPrefix("/") else {
            throw PushFailure(.invalidConfiguration, "exec: `program` needs the program's absolute path")
        }
        command = configuration.program
        actions = Set(configuration.actions ?? [.push])
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let subject = "exec: \(target.place)"
        guard actions.contains(.check) else {
            try Program.checkStartable(command[0], about: subject)
            return "\(subject): \(command[0]) can be started; it was not asked whether a push would work"
        }
        let answer = try run(.check, JSONBody(), target, call: call)
        return "\(subject): \(answer.message ?? "the program says yes")"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        if call.isCancelled { throw PushFailure(.cancelled, "exec: \(target.place): cancelled before it was started") }
        var body = JSONBody()
        body.set("access-key-id", pair.accessKeyID)
        body.set("secret-access-key", pair.secretAccessKey)
        let answer = try run(.push, body, target, call: call)
        if let id = answer.keyID, id != pair.accessKeyID {
            throw PushFailure(.retryable, "exec: \(target.place): the program says that the place holds another key ID")
        }
        return Confirmation(
            answer.keyID == nil ? answer.evidence : .readBack,
            "exec: \(target.place): \(answer.message ?? "the program says yes")", changedAt: answer.changedAt)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        guard actions.contains(.inspect) else {
            throw PushFailure(.unsupported, "exec: \(target.place): `actions` does not name inspect")
        }
        let answer = try run(.inspect, JSONBody(), target, call: call)
        return Inspection(
            keyID: answer.keyID, changedAt: answer.changedAt,
            message: "exec: \(target.place): \(answer.message ?? answer.keyID ?? "not readable")")
    }

    private func run(
        _ action: Action, _ body: consuming JSONBody, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Answer {
        body.set("version", "1")
        body.set("action", action.rawValue)
        body.set("place", target.place)
        body.set(
            "variables",
            [
                (name: "access-key-id", value: target.accessKeyID),
                (name: "secret-access-key", value: target.secretAccessKey),
            ])
        body.set("input", (target.input ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        let subject = "exec: \(target.place)"
        let end = try Program(command).run(input: body.bytes(), about: subject, call: call)
        let answer = Answer(end.output)
        guard let failure = Self.failure(of: end) else { return answer }
        throw PushFailure(failure, "\(subject): \(command[0]) \(end.words)\(answer.message.map { ": \($0)" } ?? "")")
    }

    /// Exit statuses as sysexits.h has them.
    private static func failure(of end: Program.End) -> PushFailure.Reason? {
        guard case .exited(let status) = end.kind else { return .retryable }
        return switch status {
        case 0: nil
        case 65, 73: .conflict
        case 66, 67, 68: .notFound
        case 69, 70, 71, 74, 75: .retryable
        case 64, 72, 78, 126, 127: .invalidConfiguration
        case 76: .unsupported
        case 77: .unauthorized
        default: .internal
        }
    }
}
