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

    @Test func `one write of a file variable delivers both`() throws {
        let end = try HostSession(.gitlab).push(target, [.status(200, shown(file()))])
        end.expect(KT_OK, "GitLab: acme/app: AWS_SHARED_CREDENTIALS_FILE updated (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.lines == ["PUT \(base)/AWS_SHARED_CREDENTIALS_FILE"])
        #expect(
            end.requests[0].body == #"{"value":"\#(written())","variable_type":"file","masked":false,"#
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
        let end = try HostSession(.gitlab).push(named, [.status(200, answer)])
        end.expect(KT_OK, "GitLab: acme/app: DEPLOY updated (200)")
        #expect(end.requests[0].body.contains(#""[deploy]\u000aaws_access_key_id = "#))
    }

    @Test func `a group is looked at first, and the instance has no scope`() throws {
        let group = #"{"group":"acme","environment-scope":"production",\#(Self.fields)}"#
        let other = "[\(variable("null", scope: "staging"))]"
        let made = variable("\"\(file())\"", scope: "production")
        let end = try HostSession(.gitlab).push(group, [.status(200, other), .status(201, made)])
        end.expect(KT_OK, "GitLab: group acme (scope production): AWS_SHARED_CREDENTIALS_FILE created")
        #expect(end.requests.map(\.method) == ["GET", "POST"])
        let instance = #"{"instance":true,\#(Self.fields)}"#
        try HostSession(.gitlab).push(instance, [.status(200, shown(file()))]).expect(KT_OK, "GitLab: the instance")
    }

    @Test func `an answer with another key, secret, profile or type is never a yes`() throws {
        let wrong = [
            shown(file("AKIAOLD")), shown(file(secret: "other")), shown(file(profile: "other")), shown(""),
            shown(file(), type: "env_var"), variable("\"x\"", key: "OTHER"),
        ]
        for answer in wrong {
            try HostSession(.gitlab).push(target, [.status(200, answer)]).expect(KT_RETRYABLE, subject + "200")
        }
    }

    @Test func `a file that GitLab shows with other blanks and line ends is the same`() throws {
        let loose =
            #"\r\n[default]\r\naws_access_key_id=\#(HostSession.keyID)\r\n"#
            + #"aws_secret_access_key =  \#(Self.secretInJSON)"#
        try HostSession(.gitlab).push(target, [.status(200, shown(loose))]).expect(KT_OK, "GitLab: acme/app")
    }

    @Test(arguments: [#""masked":true"#, #""hidden":true"#])
    func `what cannot be masked is refused in one sentence`(flag: String) throws {
        let end = try HostSession(.gitlab).push(#"{"project":"acme/app",\#(flag),\#(Self.fields)}"#, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: ", ": true cannot go with shape: credentials-file")
        #expect(end.requests.isEmpty)
    }

    @Test func `check tells what becomes of the variable, and which other one hides it`() throws {
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
}
