import CKeyturnPusher
import JSON
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"secret":"ci/app","region":"eu-west-1",\#(names)}"#
private let whole = #"{"secret":"ci/app","region":"eu-west-1","replace":true,\#(names)}"#
private let subject = "Secrets Manager: ci/app in eu-west-1"
private let start = "keyturn-\(HostSession.keyID)-"

private func secret(
    _ current: String?, previous: String? = nil, changed: Double = 1_795_341_600.25, _ more: String = ""
)
    -> Reply
{
    let stages = [current.map { #""\#($0)":["AWSCURRENT"]"# }, previous.map { #""\#($0)":["AWSPREVIOUS"]"# }]
    return .status(
        200,
        #"{"Name":"ci/app","LastChangedDate":\#(changed),"VersionIdsToStages":{\#(stages.compactMap { $0 }.joined(separator: ","))}\#(more)}"#
    )
}

private func value(_ version: String, _ text: String) -> Reply {
    .status(200, #"{"Name":"ci/app","VersionId":"\#(version)","SecretString":\#(quotedJSON(text))}"#)
}

private let old = #"{"url":"https://db","AWS_ACCESS_KEY_ID":"AKIAOLD1"}"#

/// Secrets Manager as far as the tests need it: it takes tokens as AWS does.
private final class Store: @unchecked Sendable {
    // Unchecked: one session at a time asks.
    var versions: [String: String] = ["first": old]
    var current = "first"
    var changed = 1_795_341_600.25
    /// The answer to the next write is lost.
    var losesAnswer = false

    func answer(_ request: Recorded) -> Reply {
        let body = try? JSONValue(parsing: request.body)
        guard request.url.hasSuffix("PutSecretValue") else {
            return request.url.hasSuffix("DescribeSecret")
                ? secret(current, changed: changed) : value(current, versions[current] ?? "")
        }
        let (token, text) = (body?["ClientRequestToken"]?.string ?? "", body?["SecretString"]?.string ?? "")
        if let there = versions[token] {
            guard there == text else { return awsError("ResourceExistsException") }
        } else {
            versions[token] = text
            (current, changed) = (token, changed + 1)
        }
        if losesAnswer {
            losesAnswer = false
            return .error(KT_HTTP_LOST, "connection reset")
        }
        return .status(200, #"{"Name":"ci/app","VersionId":"\#(token)","VersionStages":["AWSCURRENT"]}"#)
    }
}

@Suite("Secrets Manager") struct AWSSecretsManagerTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.secretsManager, configuration: "{}").push(target, replies)
    }

    private func session(_ store: Store) throws -> HostSession {
        let session = try HostSession(.secretsManager, configuration: "{}")
        session.answering = { store.answer($0) }
        return session
    }

    @Test func `one write holds both, other members are kept, and its version is the current one`() throws {
        let store = Store()
        let end = try session(store).push(target, [])
        end.expect(KT_OK, "\(subject): written, and its version is the current one")
        #expect(end.report?.evidence == KT_EVIDENCE_VERSION && end.report?.changedAt == "2026-11-22T10:00:01Z")
        #expect(
            end.lines.map { $0.replacing("AWS eu-west-1/secretsmanager:", with: "") }
                == ["DescribeSecret", "GetSecretValue", "PutSecretValue", "DescribeSecret"])
        #expect(store.current.hasPrefix(start) && (32...64).contains(store.current.utf8.count))
        #expect(store.versions[store.current] == #"{"url":"https://db",\#(pushedMembers)}"#)
    }

    @Test(arguments: [target, whole]) func `a push after a lost answer changes nothing`(place: String) throws {
        let store = Store()
        store.losesAnswer = true
        let session = try session(store)
        session.push(place, []).expect(KT_RETRYABLE, "\(subject): connection lost")
        let (written, count) = (store.current, store.versions.count)
        let again = session.push(place, [])
        #expect(again.outcome == (place == target ? KT_UNCHANGED : KT_OK), "\(again.message)")
        #expect(store.current == written && store.versions.count == count)
    }

    @Test func `what someone else wrote, or moved back, is written over under another ID`() throws {
        let store = Store()
        let session = try session(store)
        #expect(session.push(whole, []).outcome == KT_OK)
        let first = store.current
        // Someone moves the label back: the same token would not move it again.
        (store.current, store.changed) = ("first", store.changed + 1)
        #expect(session.push(whole, []).outcome == KT_OK)
        #expect(store.current != first && store.current.hasPrefix(start))
    }

    @Test func `names that change under one key are written, too`() throws {
        let store = Store()
        let session = try session(store)
        #expect(session.push(whole, []).outcome == KT_OK)
        let renamed = whole.replacing(#""AWS_ACCESS_KEY_ID""#, with: #""id""#)
        #expect(session.push(renamed, []).outcome == KT_OK)
        #expect(store.versions[store.current]?.contains(#""id":"\#(HostSession.keyID)""#) == true)
    }

    @Test func `another current version after the write confirms nothing`() throws {
        let reply = Reply.status(200, #"{"VersionId":"keyturn-v"}"#)
        try push(target, secret("first"), value("first", old), reply, secret("other")).expect(
            KT_RETRYABLE, "\(subject): written, but its current version is another one")
        let session = try HostSession(.secretsManager, configuration: "{}")
        _ = session.push(
            target, [secret("first"), value("first", old), reply, secret("keyturn-v", previous: "between")])
        #expect(session.logs.contains { $0.contains("someone else wrote between") })
        _ = session.push(target, [secret("first"), value("first", old), reply, secret("keyturn-v", previous: "first")])
        #expect(session.logs.isEmpty)
    }

    @Test(arguments: [
        (#","DeletedDate":1795341600.5"#, "marked for deletion"), (#","OwningService":"rds""#, "rds manages it"),
        (#","RotationEnabled":true"#, "Secrets Manager rotates it"),
    ]) func `a secret that is not keyturn's to write is refused`(more: String, words: String) throws {
        let end = try push(target, secret("first", more))
        end.expect(KT_CONFLICT, subject, words, "keyturn retry")
        #expect(end.requests.count == 1)
    }

    @Test func `what cannot be kept is not written over, and a secret without a value is filled`() throws {
        let binary = Reply.status(200, #"{"Name":"ci/app","VersionId":"first","SecretBinary":"AAAA"}"#)
        for reply in [binary, value("first", "plain")] {
            try push(target, secret("first"), reply).expect(KT_CONFLICT, subject, "replace: true")
        }
        let end = try push(
            target, secret(nil), awsError("ResourceNotFoundException"), .status(200, #"{"VersionId":"v"}"#), secret("v")
        )
        #expect(end.outcome == KT_OK)
    }

    @Test func `inspect reads the key ID, or the time alone`() throws {
        let session = try HostSession(.secretsManager, configuration: "{}")
        let end = session.inspect(target, [secret("first"), value("first", old)])
        #expect(end.outcome == KT_OK && end.report?.keyID == "AKIAOLD1" && end.report?.changedAt != "")
        let blind = session.inspect(whole, [secret("first")])
        #expect(blind.outcome == KT_OK && blind.report?.keyID == "" && blind.report?.changedAt != "")
        #expect(session.inspect(target, [secret("first"), value("first", "{}")]).outcome == KT_NOT_FOUND)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .secretsManager).expect(
            "answers", AnswerRow.head + rows.map { try $0.made(by: .secretsManager) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .secretsManager)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func refused(_ code: String, _ message: String = "") -> AnswerRow {
            row(code, secret("first"), value("first", old), awsError(code, message))
        }
        func asked(_ question: AnswerRow.Question, _ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: replies)
        }
        let yes = Reply.status(200, #"{"VersionId":"v"}"#)
        return [
            row("the new version", secret("first"), value("first", old), yes, secret("v", previous: "first")),
            row("a value with the pair", secret("v"), value("v", "{\(pushedMembers)}")),
            row("another current version", secret("first"), value("first", old), yes, secret("other")),
            row("a value that is not JSON", secret("first"), value("first", "plain")),
            row("a secret that is marked for deletion", secret("first", #","DeletedDate":1795341600.5"#)),
            row("a secret of another service", secret("first", #","OwningService":"rds""#)),
            row("a secret that is rotated", secret("first", #","RotationEnabled":true"#)),
            row("ResourceNotFoundException", awsError("ResourceNotFoundException", "Secrets Manager can't find it")),
            refused("LimitExceededException"), refused("InvalidRequestException"), refused("EncryptionFailure"),
        ]
            + awsCommonErrors.map {
                AnswerRow(answer: $0.0, target: target, replies: [secret("first"), value("first", old), $0.1])
            }
            + [
                asked(.check, "a secret", secret("first"), value("first", old)),
                asked(.check, "a secret without a value", secret(nil), awsError("ResourceNotFoundException")),
                asked(.inspect, "a value with a key ID", secret("first"), value("first", old)),
                asked(.inspect, "a value without one", secret("first"), value("first", "{}")),
            ]
    }
}
