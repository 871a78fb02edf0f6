import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"namespace":"ci","secret":"aws",\#(names)}"#
private let base = "https://kubernetes.default.svc"
private let configuration = #"{"token":"\#(HostSession.token)","endpoint":"\#(base)"}"#
private let path = "\(base)/api/v1/namespaces/ci/secrets/aws"

private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

/// A Secret as the API server shows it.
private func secret(
    _ id: String? = "AKIAOLD1", _ secret: String? = "old", version: String = "7", more: String = "", owners: String = ""
) -> Reply {
    let data = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)].compactMap { name, value in
        value.map { #""\#(name)":"\#(base64($0))""# }
    }
    return .status(
        200,
        #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"aws","namespace":"ci","resourceVersion":"\#(version)"\#(owners)},"#
            + #""type":"Opaque","data":{\#(data.joined(separator: ","))}\#(more)}"#)
}

private func status(
    _ code: UInt32, _ reason: String, _ message: String, details: String = "", _ headers: [String: String] = [:]
) -> Reply {
    .status(
        code,
        #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\#(message)","reason":"\#(reason)","#
            + #""details":{\#(details)},"code":\#(code)}"#, headers)
}

private let old = secret()
private let new = secret(HostSession.keyID, HostSession.secret, version: "8")
private let immutable = secret(more: #","immutable":true"#)

private func review(_ isAllowed: Bool) -> Reply {
    .status(201, #"{"kind":"SelfSubjectAccessReview","spec":{},"status":{"allowed":\#(isAllowed)}}"#)
}

@Suite("Kubernetes") struct KubernetesTests {
    private func session() throws -> HostSession { try HostSession(.kubernetes, configuration: configuration) }

    private func push(_ replies: Reply...) throws -> Ending { try session().push(target, replies) }

    @Test func `one merge patch writes both keys and no other, over the version that was read`() throws {
        let end = try push(old, new)
        end.expect(KT_OK, "Kubernetes: ci/aws: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY written by one request")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.lines == ["GET \(path)", "PATCH \(path)?fieldManager=keyturn"])
        #expect(end.requests[1].headers["Content-Type"] == "application/merge-patch+json")
        #expect(
            end.requests[1].body
                == #"{"metadata":{"resourceVersion":"7"},"data":{"AWS_ACCESS_KEY_ID":"\#(base64(HostSession.keyID))","#
                + #""AWS_SECRET_ACCESS_KEY":"\#(base64(HostSession.secret))"}}"#)
    }

    @Test func `a pair that is there already is not written again`() throws {
        let end = try push(new)
        end.expect(KT_UNCHANGED, "Kubernetes: ci/aws: it holds this pair already")
        #expect(end.requests.count == 1 && end.report?.evidence == KT_EVIDENCE_READ_BACK)
    }

    @Test func `half a pair is no pair`() throws {
        for half in [secret(HostSession.keyID, "old"), secret(HostSession.keyID, nil), secret(nil, HostSession.secret)]
        {
            #expect(try push(half, new).outcome == KT_OK)
            try push(old, half).expect(
                KT_RETRYABLE, "Kubernetes: ci/aws: written, but the answer does not show the new pair")
        }
    }

    @Test func `someone else's write in between is a reason to look again`() throws {
        try push(old, status(409, "Conflict", "the object has been modified")).expect(
            KT_RETRYABLE, "Kubernetes: ci/aws: 409 (the object has been modified): someone else changed it just now")
        try push(old, status(409, "AlreadyExists", "exists")).expect(KT_CONFLICT, "Kubernetes: ci/aws: 409")
    }

    @Test func `an immutable Secret is not written, with the way out`() throws {
        let end = try push(immutable)
        end.expect(
            KT_CONFLICT, "Kubernetes: ci/aws: it is immutable", "kubectl --namespace ci get secret aws --output yaml",
            "without immutable: true")
        #expect(end.requests.count == 1)
        let words = "Secret aws is invalid: data: Forbidden: field is immutable when `immutable` is set"
        try push(old, status(422, "Invalid", words)).expect(KT_CONFLICT, "Kubernetes: ci/aws: 422", "create it again")
    }

    @Test func `a Secret that is not there is made by hand`() throws {
        try push(status(404, "NotFound", "secrets aws not found")).expect(
            KT_NOT_FOUND, "Kubernetes: ci/aws: 404", "kubectl --namespace ci create secret generic aws")
    }

    @Test func `the wait is in the body where the header field is lost`() throws {
        let end = try push(status(429, "TooManyRequests", "slow down", details: #""retryAfterSeconds":3"#))
        end.expect(KT_RATE_LIMITED, "Kubernetes: ci/aws: 429")
        #expect(end.report?.retryAfter == 3_000)
        let both = try push(
            status(429, "TooManyRequests", "slow down", details: #""retryAfterSeconds":3"#, ["retry-after": "9"]))
        #expect(both.report?.retryAfter == 9_000)
    }

    @Test func `check asks whether the token may write, and writes nothing`() throws {
        let end = try session().check(target, [secret(nil, nil), review(true)])
        end.expect(KT_OK, "Kubernetes: ci/aws: the Secret can be read and written; AWS_ACCESS_KEY_ID will be added")
        #expect(end.requests[1].body.contains(#""verb":"patch""#) && end.requests[1].body.contains(#""name":"aws""#))
        try session().check(target, [old, review(false)]).expect(
            KT_UNAUTHORIZED, "Kubernetes: ci/aws: the token may read it and not change it", "add the verb patch")
        try session().check(target, [old, status(403, "Forbidden", "no")]).expect(
            KT_OK, "Kubernetes: ci/aws: the Secret can be read; the cluster does not say")
        try session().check(target, [immutable]).expect(KT_CONFLICT, "Kubernetes: ci/aws: it is immutable")
        let owned = secret(
            owners: #","ownerReferences":[{"apiVersion":"v1","kind":"ExternalSecret","name":"aws","uid":"1"}]"#)
        try session().check(target, [owned, review(true)]).expect(
            KT_OK, "Kubernetes: ci/aws: ", "it belongs to ExternalSecret/aws, which may write it again")
    }

    @Test func `inspect reads the key ID`() throws {
        #expect(try session().inspect(target, [new]).report?.keyID == HostSession.keyID)
        try session().inspect(target, [secret(nil, "x")]).expect(
            KT_NOT_FOUND, "Kubernetes: ci/aws: it has no AWS_ACCESS_KEY_ID yet")
    }

    @Test(arguments: [#"{"token":"t0ken-0123456789"}"#, #"{"token":"","endpoint":"https://x"}"#])
    func `a configuration that cannot work is refused`(configuration: String) throws {
        #expect(try HostSession(.kubernetes, configuration: configuration).openOutcome == KT_INVALID_CONFIG)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .kubernetes).expect(
            "answers", AnswerRow.head + rows.map { try $0.made(by: .kubernetes, configuration: configuration) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .kubernetes)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ question: AnswerRow.Question = .push, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: replies)
        }
        let forbidden = status(
            403, "Forbidden",
            "secrets aws is forbidden: User system:serviceaccount:ci:keyturn cannot patch resource secrets")
        return [
            row("200 with both keys", .push, old, new),
            row("200, and the pair is there", .push, new),
            row("200 with another pair to the patch", .push, old, old),
            row("200, immutable", .push, immutable),
            row("401", .push, status(401, "Unauthorized", "Unauthorized")),
            row("403", .push, old, forbidden),
            row("404", .push, status(404, "NotFound", "secrets aws not found")),
            row("404 of another kind", .push, .status(404, "404 page not found", ["content-type": "text/plain"])),
            row("409 `Conflict`", .push, old, status(409, "Conflict", "the object has been modified")),
            row("422", .push, old, status(422, "Invalid", "data[a b]: Invalid value")),
            row(
                "429 with `retryAfterSeconds`", .push,
                status(429, "TooManyRequests", "too many requests", details: #""retryAfterSeconds":1"#)),
            row("429 in plain text", .push, .status(429, "Too many requests", ["retry-after": "1"])),
            row("500, 503, 504", .push, status(504, "Timeout", "request did not complete within the allotted timeout")),
            row("200 with a web page", .push, .status(200, "<html>sign in</html>")),
            row("no connection", .push, .error(KT_HTTP_UNREACHABLE, "connection refused")),
            row(
                "a certificate that cannot be trusted", .push,
                .error(KT_HTTP_TLS, "unable to get local issuer certificate")),
            row("200, and the token may patch", .check, old, review(true)),
            row("200, and the token may not patch", .check, old, review(false)),
            row("200", .inspect, old),
            row("200 without the key", .inspect, secret(nil, nil)),
        ]
    }
}
