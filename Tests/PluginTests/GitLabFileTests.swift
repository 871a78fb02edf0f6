import CKeyturnPusher
import Testing

/// GitLab targets with one variable that holds both parts of the pair.
@Suite struct GitLabFileTests {
    private static let fields =
        #""shape":"credentials-file","access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"project":"acme/app",\#(fields)}"#
    private let subject = "GitLab: AWS_SHARED_CREDENTIALS_FILE in acme/app: "
    private let base = "https://gitlab.com/api/v4/projects/acme%2Fapp/variables"
    private static let secretInJSON = #"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"#
    private let missing = Reply.status(404, #"{"message":"404 Variable Not Found"}"#)

    /// The file as JSON text.
    private func file(
        _ keyID: String = HostSession.keyID, profile: String = "default", secret: String = secretInJSON
    ) -> String {
        #"[\#(profile)]\naws_access_key_id = \#(keyID)\naws_secret_access_key = \#(secret)\n"#
    }

    private func variable(
        _ value: String, key: String = "AWS_SHARED_CREDENTIALS_FILE", type: String = "file", scope: String = "*"
    ) -> String {
        #"{"variable_type":"\#(type)","key":"\#(key)","value":\#(value),"hidden":\#(value == "null"),"#
            + #""masked":false,"environment_scope":"\#(scope)"}"#
    }

    private func shown(_ file: String, type: String = "file") -> String { variable("\"\(file)\"", type: type) }

    private var old: Reply { .status(200, shown(file("AKIAOLD", secret: "old"))) }

    @Test func `one write of a file variable delivers both`() throws {
        let end = try HostSession(.gitlab).push(target, [old, .status(200, shown(file()))])
        end.expect(KT_OK, "GitLab: acme/app: AWS_SHARED_CREDENTIALS_FILE updated (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        let read = "GET \(base)/AWS_SHARED_CREDENTIALS_FILE?filter%5Benvironment_scope%5D=%2A"
        #expect(end.lines == [read, "PUT \(base)/AWS_SHARED_CREDENTIALS_FILE"])
        #expect(
            end.requests[1].body == #"{"value":"\#(written())","variable_type":"file","masked":false,"#
                + #""filter":{"environment_scope":"*"}}"#)
    }

    @Test func `a missing one is created as a file, raw and unmasked`() throws {
        let end = try HostSession(.gitlab).push(target, [missing, .status(201, shown(file()))])
        end.expect(KT_OK, "GitLab: acme/app: AWS_SHARED_CREDENTIALS_FILE created (201)")
        #expect(
            end.requests[1].body
                == #"{"key":"AWS_SHARED_CREDENTIALS_FILE","value":"\#(written())","variable_type":"file","#
                + #""masked":false,"protected":false,"raw":true,"environment_scope":"*"}"#)
    }

    @Test func `variable and profile have the names that the target says`() throws {
        let named = #"{"project":"acme/app","credentials-file":"DEPLOY","profile":"deploy",\#(Self.fields)}"#
        let answer = variable("\"\(file(profile: "deploy"))\"", key: "DEPLOY")
        let end = try HostSession(.gitlab).push(named, [old, .status(200, answer)])
        end.expect(KT_OK, "GitLab: acme/app: DEPLOY updated (200)")
        #expect(end.requests[1].body.contains(#"\u000a[deploy]\u000aaws_access_key_id = "#))
    }

    @Test func `a group is looked at first, and the instance has no scope`() throws {
        let group = #"{"group":"acme","environment-scope":"production",\#(Self.fields)}"#
        let other = "[\(variable("null", scope: "staging"))]"
        let made = variable("\"\(file())\"", scope: "production")
        let end = try HostSession(.gitlab).push(group, [.status(200, other), .status(201, made)])
        end.expect(KT_OK, "GitLab: group acme (scope production): AWS_SHARED_CREDENTIALS_FILE created")
        #expect(end.requests.map(\.method) == ["GET", "POST"])
        let instance = #"{"instance":true,\#(Self.fields)}"#
        try HostSession(.gitlab).push(instance, [old, .status(200, shown(file()))]).expect(
            KT_OK, "GitLab: the instance")
    }

    @Test func `an answer with another key, secret, profile or type is never a yes`() throws {
        let wrong = [
            shown(file("AKIAOLD")), shown(file(secret: "other")), shown(file(profile: "other")), shown(""),
            shown(file(), type: "env_var"), variable("\"x\"", key: "OTHER"),
        ]
        for answer in wrong {
            try HostSession(.gitlab).push(target, [old, .status(200, answer)]).expect(KT_RETRYABLE, subject + "200")
        }
    }

    @Test func `a file that GitLab shows with other blanks and line ends is the same`() throws {
        let loose =
            #"\r\n[default]\r\naws_access_key_id=\#(HostSession.keyID)\r\n"#
            + #"aws_secret_access_key =  \#(Self.secretInJSON)"#
        try HostSession(.gitlab).push(target, [old, .status(200, shown(loose))]).expect(KT_OK, "GitLab: acme/app")
    }

    @Test(arguments: [#""masked":true"#, #""hidden":true"#])
    func `what cannot be masked is refused in one sentence`(flag: String) throws {
        let end = try HostSession(.gitlab).push(#"{"project":"acme/app",\#(flag),\#(Self.fields)}"#, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: ", ": true cannot be combined with shape: credentials-file")
        #expect(end.requests.isEmpty)
    }

    @Test func `check says what becomes of the variable, and which other one hides it`() throws {
        let end = try HostSession(.gitlab).check(target, [.status(200, "[]")])
        end.expect(KT_OK, "GitLab: acme/app", "AWS_SHARED_CREDENTIALS_FILE will be created")
        let before = "[\(shown("x", type: "env_var")),\(variable("null", key: "AWS_ACCESS_KEY_ID", type: "env_var"))]"
        try HostSession(.gitlab).check(target, [.status(200, before)]).expect(
            KT_OK, "GitLab: acme/app", "exists, and will become a file variable",
            "AWS_ACCESS_KEY_ID is there as well, and AWS's tools prefer it")
        try HostSession(.gitlab).check(target, [.status(200, "[\(variable("null"))]")])
            .expect(KT_CONFLICT, subject + "a hidden variable cannot become a file variable")
    }

    @Test func `inspect reads the key ID of the profile`() throws {
        let two = #"[other]\naws_access_key_id = AKIAOTHER\n"# + file()
        let end = try HostSession(.gitlab).inspect(target, [.status(200, shown(two))])
        end.expect(KT_OK, subject + HostSession.keyID)
        #expect(end.report?.keyID == HostSession.keyID)
        for nothing in ["", "[default]", file(profile: "x"), "aws_access_key_id = AKIAOTHER"] {
            try HostSession(.gitlab).inspect(target, [.status(200, shown(nothing))]).expect(KT_NOT_FOUND, subject)
        }
        let hidden = try HostSession(.gitlab).inspect(target, [.status(200, variable("null"))])
        hidden.expect(KT_OK, subject, "not readable")
        #expect(hidden.report?.keyID == "")
    }

    /// As PusherKit spells it.
    private func written() -> String { file().replacing(#"\n"#, with: #"\u000a"#) }

    // MARK: What else the variable holds

    /// What is written over a variable that holds `old`, which has no characters that JSON escapes but line ends.
    private func written(over old: String, to target: String? = nil) throws -> String {
        let json = old.replacing("\r\n", with: #"\r\n"#).replacing("\n", with: #"\n"#).replacing("\r", with: #"\r"#)
            .replacing("\t", with: #"\t"#)
        let end = try HostSession(.gitlab).push(target ?? self.target, [.status(200, shown(json)), .status(500)])
        let body = try #require(end.requests.last?.body)
        let start = try #require(body.firstRange(of: #"{"value":""#)).upperBound
        let rest = body[start...]
        return String(rest[..<(try #require(rest.firstRange(of: #"","variable_type""#)).lowerBound)])
            .replacing(#"\u000d\u000a"#, with: "\r\n").replacing(#"\u000a"#, with: "\n").replacing(
                #"\u000d"#, with: "\r"
            ).replacing(#"\u0009"#, with: "\t")
    }

    private let pair = "aws_access_key_id = \(HostSession.keyID)\naws_secret_access_key = \(secretInJSON)\n"

    @Test func `other profiles, settings and comments stay as they are`() throws {
        let audit =
            "# for the auditors\n[audit]\naws_access_key_id = AKIAAUDIT\naws_secret_access_key: x\nregion=eu-west-1\n"
        let own =
            "[default]\naws_access_key_id=AKIAOLD\naws_secret_access_key=old\naws_session_token = t\nregion = us-east-1\n"
        #expect(try written(over: audit + own) == audit + "[default]\n\(pair)region = us-east-1\n")
        #expect(try written(over: own + audit) == "[default]\n\(pair)region = us-east-1\n" + audit)
        #expect(try written(over: audit) == audit + "[default]\n" + pair)
        #expect(try written(over: "[audit]\nregion = x") == "[audit]\nregion = x\n[default]\n" + pair)
        let windows = "[audit]\r\nregion = x\r\n[default]\r\naws_access_key_id = AKIAOLD\r\n"
        #expect(try written(over: windows) == "[audit]\r\nregion = x\r\n[default]\r\n" + pair)
    }

    @Test func `a profile with its settings further in is written as far in`() throws {
        let own = "[default]\n  aws_access_key_id = AKIAOLD\n  s3 =\n    max_queue_size = 7\n  region = x\n"
        let indented = pair.replacing("aws_", with: "  aws_")
        #expect(try written(over: own) == "[default]\n\(indented)  s3 =\n    max_queue_size = 7\n  region = x\n")
        // What continues a line of the pair goes with it.
        let long = "[default]\naws_secret_access_key = old\n  part\naws_access_key_id = AKIAOLD\nregion = x\n"
        #expect(try written(over: long) == "[default]\n\(pair)region = x\n")
    }

    @Test(arguments: ["changeme", "/etc/aws", "aws_access_key_id = AKIAOLD\n[default]\n", "[default]\nnonsense\n"])
    func `what is no credentials file is replaced`(old: String) throws {
        #expect(try written(over: old) == "[default]\n" + pair)
    }

    @Test func `a profile that is there twice is a person's to settle`() throws {
        let twice = file("AKIAONE") + file("AKIATWO")
        let end = try HostSession(.gitlab).push(target, [.status(200, shown(twice))])
        end.expect(KT_CONFLICT, subject + "the profile default is in it twice", "delete one of the two")
        #expect(end.requests.count == 1)
    }

    @Test func `a hidden variable, whose value is not known, is replaced`() throws {
        let end = try HostSession(.gitlab).push(
            target, [.status(200, variable("null")), .status(200, variable("null"))])
        end.expect(KT_OK, "GitLab: acme/app: AWS_SHARED_CREDENTIALS_FILE updated (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        #expect(end.requests[1].body.contains(written()))
    }

    @Test func `what cannot be read is not written`() throws {
        let end = try HostSession(.gitlab).push(target, [.status(502)])
        end.expect(KT_RETRYABLE, subject + "502")
        #expect(end.requests.count == 1)
    }
}
