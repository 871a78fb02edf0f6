import PusherKit

/// The requests of one search: the list, and the values of what is in it.
struct Lister {
    /// A hundred secrets to a page, and twenty to an answer with values: 240 requests at most, of the 256 of a call.
    private static let mostPages = 40
    private static let mostValues = 200
    private static let valuesAtOnce = 20

    /// What the names begin with; empty: all.
    let prefix: String

    var place: String { prefix.isEmpty ? "this region" : prefix }
    private var subject: String { oneLine("Secrets Manager: \(place)") }

    /// The secrets whose names begin with the prefix, and whether these are all.
    func secrets(call: borrowing Call) throws(PushFailure) -> (secrets: [ListedSecret], isWhole: Bool) {
        var secrets: [ListedSecret] = []
        var next: String?
        for _ in 0..<Self.mostPages {
            var body = JSONBody()
            body.set("MaxResults", 100)
            if !prefix.isEmpty {
                var filter = JSONBody()
                filter.set("Key", "name")
                filter.set("Values", [prefix])
                body.set("Filters", list: [filter.bytes()])
            }
            if let next { body.set("NextToken", next) }
            let answer = try ask("ListSecrets", body, call: call)
            guard answer.isYes(200), let page = answer.json(SecretPage.self) else { throw failure(answer) }
            secrets += page.secrets.filter { $0.name.hasPrefix(prefix) }
            guard let token = page.next, !token.isEmpty else { return (secrets, true) }
            next = token
        }
        return (secrets, false)
    }

    /// What of a secret was read.
    enum Value {
        case text(SecretBytes)
        case binary
    }

    /// The values of secrets by their ARNs, as far as they may be read, and why others may not.
    func values(
        of secrets: [ListedSecret], call: borrowing Call
    ) throws(PushFailure) -> (values: [String: Value], failure: PushFailure?) {
        var found: [String: Value] = [:]
        var refusal: PushFailure?
        var start = 0
        var next: String?
        for _ in 0..<Self.mostValues where start < secrets.count {
            let part = secrets[start..<min(start + Self.valuesAtOnce, secrets.count)]
            var body = JSONBody()
            body.set("SecretIdList", part.map { $0.arn })
            if let next { body.set("NextToken", next) }
            let page: ValuePage
            do throws(PushFailure) {
                let answer = try ask("BatchGetSecretValue", body, call: call)
                guard answer.isYes(200), let read = answer.json(ValuePage.self) else { throw failure(answer) }
                page = read
            } catch {
                // One right is for all of them: what is refused once is refused again.
                return (found, error)
            }
            for value in page.values { found[value.arn] = value.text.map { .text($0) } ?? .binary }
            if let code = page.errors.first, refusal == nil {
                refusal = PushFailure(.unauthorized, "\(oneLine(code, limit: 60)): \(Self.unread.message)")
            }
            next = page.next.flatMap { $0.isEmpty ? nil : $0 }
            if next == nil { start += part.count }
        }
        return (found, refusal)
    }

    /// Why a value is not shown, where AWS does not say.
    static let unread = PushFailure(
        .unauthorized,
        "the pusher's identity needs secretsmanager:GetSecretValue on them, and kms:Decrypt on KMS keys of your own")

    private func ask(
        _ operation: String, _ body: consuming JSONBody, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        do throws(PushFailure) {
            return try call.aws(AWSRequest("secretsmanager:\(operation)", region: nil, body), about: subject)
        } catch {
            // What keyturn does not send was not granted, or there is no identity for it.
            guard error.reason == .invalidConfiguration else { throw error }
            throw PushFailure(
                .unauthorized,
                error.message + "; `keyturn plugin pin aws-secrets-manager --grant aws` grants what find asks")
        }
    }

    private func failure(_ answer: HTTPResponse) -> PushFailure {
        Answer(answer, text: answer.awsErrorText).failure(about: subject, Answers.listRows)
    }
}

/// A secret in a list.
struct ListedSecret: JSONReadable {
    let arn: String
    let name: String
    let changedAt: String?
    /// Why no job uses it, or why it cannot be written; empty: neither.
    let state: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        arn = try fields.value("ARN")
        name = try fields.value("Name")
        changedAt = try fields.optional("LastChangedDate", as: Double.self).flatMap(epochDate).map(rfc3339Text)
        let owner: String = try fields.optional("OwningService") ?? ""
        if fields["DeletedDate"] != nil {
            state = "marked for deletion"
        } else if !owner.isEmpty {
            state = "managed by \(oneLine(owner, limit: 60))"
        } else {
            state = try fields.optional("RotationEnabled") ?? false ? "rotated by Secrets Manager" : ""
        }
    }

    /// The value of what is marked for deletion is not shown to anyone.
    var isReadable: Bool { state != "marked for deletion" }
    /// A push refuses every secret that has a state.
    var isWritable: Bool { state.isEmpty }

    /// `arn:aws:secretsmanager:eu-west-1:123456789012:secret:ci/app-AbCdEf`
    private var region: String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 3 ? String(parts[3]) : ""
    }

    var place: String { region.isEmpty ? name : "\(name) in \(region)" }
    var lastName: String { name.split(separator: "/").last.map(String.init) ?? name }
    /// The fields of a target that would be it, without what is in it.
    var fields: [(name: String, value: String)] {
        [("secret", name)] + (region.isEmpty ? [] : [("region", region)])
    }
}

/// A page of ListSecrets.
struct SecretPage: JSONReadable {
    let secrets: [ListedSecret]
    let next: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        secrets = try fields.value("SecretList")
        next = try fields.optional("NextToken")
    }
}

/// What BatchGetSecretValue answers.
struct ValuePage: JSONReadable {
    /// One of them; the text is nil where it is binary.
    struct Value: JSONReadable {
        let arn: String
        let text: SecretBytes?

        init(json fields: JSONValue) throws(JSONMismatch) {
            arn = try fields.value("ARN")
            text = try fields.optional("SecretString")
        }
    }

    let values: [Value]
    /// The codes of what could not be read.
    let errors: [String]
    let next: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        values = try fields.value("SecretValues")
        let errors: [JSONValue] = try fields.optional("Errors") ?? []
        self.errors = errors.compactMap { try? $0.value("ErrorCode", as: String.self) }
        next = try fields.optional("NextToken")
    }
}
