import CKeyturnPusher
import JSON
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"parameter":"/ci/app","region":"eu-west-1",\#(names)}"#
private let whole = #"{"parameter":"/ci/app","region":"eu-west-1","replace":true,\#(names)}"#
private let file = #"{"parameter":"/ci/app","region":"eu-west-1","shape":"credentials-file",\#(names)}"#
private let subject = "Parameter Store: /ci/app in eu-west-1"

private func described(_ version: Int, type: String = "SecureString", _ more: String = "") -> Reply {
    .status(
        200,
        #"{"Parameters":[{"Name":"/ci/app","Type":"\#(type)","Version":\#(version),"LastModifiedDate":1795341600.25,"#
            + #""KeyId":"alias/ci","Tier":"Advanced"\#(more)}]}"#)
}

private let missing = Reply.status(200, #"{"Parameters":[]}"#)

private func value(_ version: Int, _ text: String) -> Reply {
    .status(200, #"{"Parameter":{"Name":"/ci/app","Version":\#(version),"Value":\#(quotedJSON(text))}}"#)
}

private func written(_ version: Int) -> Reply { .status(200, #"{"Version":\#(version),"Tier":"Advanced"}"#) }

private let old = #"{"url":"https://db","AWS_ACCESS_KEY_ID":"AKIAOLD1","n":1.10,"deep":{"a":[1,null]}}"#

@Suite("Parameter Store") struct AWSParameterStoreTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.parameterStore, configuration: "{}").push(target, replies)
    }

    private func body(_ request: Recorded) throws -> JSONValue { try JSONValue(parsing: request.body) }

    @Test func `one write holds both, and other members and settings are kept`() throws {
        let end = try push(
            target, described(4, #","Description":"of CI","AllowedPattern":".*""#), value(4, old), written(5),
            described(5))
        end.expect(KT_OK, "\(subject): version 5 is the current one")
        #expect(end.report?.evidence == KT_EVIDENCE_VERSION && end.report?.changedAt == "2026-11-22T10:00:00Z")
        #expect(
            end.lines == [
                "AWS eu-west-1/ssm:DescribeParameters", "AWS eu-west-1/ssm:GetParameter",
                "AWS eu-west-1/ssm:PutParameter", "AWS eu-west-1/ssm:DescribeParameters",
            ])
        let sent = try body(end.requests[2])
        // Without its key, AWS would take its own.
        for (name, wanted) in [
            ("Name", "/ci/app"), ("Type", "SecureString"), ("KeyId", "alias/ci"), ("Tier", "Advanced"),
            ("Description", "of CI"), ("AllowedPattern", ".*"),
        ] { #expect(sent[name]?.string == wanted, "\(name)") }
        #expect(sent["Overwrite"] == .bool(true))
        let kept = try JSONValue(parsing: sent["Value"]?.string ?? "")
        #expect(kept["url"]?.string == "https://db" && kept["n"] == .number(1.1) && kept["deep"]?["a"] != nil)
        #expect(kept["AWS_ACCESS_KEY_ID"]?.string == HostSession.keyID)
        #expect(kept["AWS_SECRET_ACCESS_KEY"]?.string == HostSession.secret)
    }

    @Test func `a parameter that is not there is created, and never written over`() throws {
        let end = try push(target, missing, written(1), described(1))
        #expect(end.outcome == KT_OK && end.requests.count == 3)
        let sent = try body(end.requests[1])
        #expect(sent["Overwrite"] == .bool(false) && sent["KeyId"] == nil && sent["Tier"] == nil)
        #expect(sent["Value"]?.string == "{\(pushedMembers)}")
        try push(target, missing, awsError("ParameterAlreadyExists")).expect(KT_RETRYABLE, subject)
    }

    @Test func `what a push wrote whose answer was lost is not written again`() throws {
        let end = try push(target, described(5), value(5, "{\(pushedMembers)}"))
        end.expect(KT_UNCHANGED, "\(subject): version 5 holds the pair already")
        #expect(end.requests.count == 2 && end.report?.evidence == KT_EVIDENCE_READ_BACK)
        let other = try push(
            target, described(5), value(5, "{\(pushedMembers)}".replacing("/K7M", with: "/K8M")), written(6),
            described(6))
        #expect(other.outcome == KT_OK)
    }

    @Test func `a later version of someone else confirms nothing, and one in between is logged`() throws {
        try push(target, described(4), value(4, old), written(5), described(6)).expect(
            KT_RETRYABLE, "\(subject): version 5 was written, and someone else wrote version 6 after it")
        let session = try HostSession(.parameterStore, configuration: "{}")
        _ = session.push(target, [described(4), value(4, old), written(6), described(6)])
        #expect(session.logs.contains { $0.contains("between version 4, which was read, and 6") })
        _ = session.push(target, [described(4), value(4, old), written(5), described(5)])
        #expect(session.logs.isEmpty)
        // AWS's list may lag behind.
        let late = session.push(target, [described(4), value(4, old), written(5), described(4)])
        #expect(late.outcome == KT_OK && late.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
    }

    @Test func `what cannot be kept is not written over, unless the target says so`() throws {
        for text in ["plain", "[1]", #"{"a":1"#] {
            let end = try push(target, described(4), value(4, text))
            end.expect(KT_CONFLICT, "\(subject): its value is not of this shape", "replace: true")
            #expect(end.requests.count == 2)
        }
        let end = try push(whole, described(4), written(5), described(5))
        #expect(end.outcome == KT_OK && !end.lines.contains { $0.contains("GetParameter") })
        #expect(try body(end.requests[1])["Value"]?.string == "{\(pushedMembers)}")
    }

    @Test func `a credentials file keeps its other profiles`() throws {
        let end = try push(
            file, described(4), value(4, "[audit]\\nregion = x\\n".replacing("\\n", with: " ")), written(5),
            described(5))
        #expect(end.outcome == KT_OK || end.outcome == KT_CONFLICT)
        let fresh = try push(file, missing, written(1), described(1))
        let sent = try body(fresh.requests[1])["Value"]?.string ?? ""
        #expect(sent.hasPrefix("[default]\naws_access_key_id = \(HostSession.keyID)\n"))
    }

    @Test func `only a SecureString is written`() throws {
        let end = try push(target, described(4, type: "String"))
        end.expect(KT_CONFLICT, "\(subject): it is a String", "keyturn retry")
        #expect(end.requests.count == 1)
    }

    @Test func `the parameter is looked for on further pages, up to a bound`() throws {
        let page = Reply.status(200, #"{"Parameters":[],"NextToken":"more"}"#)
        let end = try push(target, page, described(4), value(4, "{}"), written(5), described(5))
        #expect(end.outcome == KT_OK && end.requests[1].body.contains(#""NextToken":"more""#))
        let session = try HostSession(.parameterStore, configuration: "{}")
        session.answering = { _ in page }
        #expect(session.push(target, []).requests.count == 10)
    }

    @Test func `inspect reads the key ID, or the time alone`() throws {
        let session = try HostSession(.parameterStore, configuration: "{}")
        let end = session.inspect(target, [described(4), value(4, old)])
        #expect(end.outcome == KT_OK && end.report?.keyID == "AKIAOLD1" && end.report?.changedAt != "")
        let blind = session.inspect(whole, [described(4)])
        #expect(blind.outcome == KT_OK && blind.report?.keyID == "" && blind.report?.changedAt != "")
        #expect(session.inspect(target, [missing]).outcome == KT_NOT_FOUND)
        #expect(session.inspect(target, [described(4), value(4, "{}")]).outcome == KT_NOT_FOUND)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .parameterStore).expect(
            "answers", AnswerRow.head + rows.map { try $0.made(by: .parameterStore) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .parameterStore)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func push(_ answer: String, _ replies: Reply..., to place: String = target) -> AnswerRow {
            AnswerRow(answer: answer, target: place, replies: replies)
        }
        func refused(_ code: String, _ message: String = "") -> AnswerRow {
            push(code, described(4), value(4, old), awsError(code, message))
        }
        func asked(_ question: AnswerRow.Question, _ answer: String, _ replies: Reply..., of place: String = target)
            -> AnswerRow
        { AnswerRow(answer: answer, question: question, target: place, replies: replies) }
        return [
            push("the new version", described(4), value(4, old), written(5), described(5)),
            push("the new version of a parameter that was not there", missing, written(1), described(1)),
            push(
                "the new version, and a list that does not show it", described(4), value(4, old), written(5),
                described(4)),
            push("a value with the pair", described(5), value(5, "{\(pushedMembers)}")),
            push("a later version", described(4), value(4, old), written(5), described(6)),
            push("a value that is not JSON", described(4), value(4, "plain")),
            push("a parameter of type String", described(4, type: "String")),
            refused("TooManyUpdates"), push("ParameterAlreadyExists", missing, awsError("ParameterAlreadyExists")),
            refused("ParameterMaxVersionLimitExceeded"), refused("ParameterLimitExceeded"),
            refused("HierarchyTypeMismatchException"), refused("InvalidKeyId"),
            refused("ParameterPatternMismatchException"),
        ]
            + awsCommonErrors.map {
                AnswerRow(answer: $0.0, target: target, replies: [described(4), value(4, old), $0.1])
            }
            + [
                asked(.check, "a parameter", described(4), value(4, old)), asked(.check, "no parameter", missing),
                asked(.inspect, "a value with a key ID", described(4), value(4, old)),
                asked(.inspect, "a parameter, with `replace: true`", described(4), of: whole),
                asked(.inspect, "no parameter", missing),
            ]
    }
}
