import CKeyturnPusher
import Foundation
import Testing

private let target = #"{"credential":"aws-deploy"}"#
private let inFolder = #"{"credential":"aws-deploy","folder":"team/our app","domain":"prod"}"#
private let base = "https://jenkins.example"
private let config = "\(base)/credentials/store/system/domain/_/credential/aws-deploy/config.xml"
private let subject = "Jenkins: credential aws-deploy"
private let aws = "com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl"
private let password = "com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl"
private let redacted = "\n    <secret-redacted/>\n  "
private let declaration = "<?xml version='1.1' encoding='UTF-8'?>\n"
private let role =
    "<iamRoleArn>arn:aws:iam::123456789012:role/x</iamRoleArn><iamExternalId>e</iamExternalId>"
    + "<iamMfaSerialNumber></iamMfaSerialNumber><stsTokenDuration>3600</stsTokenDuration>"

private func document(
    _ keyID: String, class name: String = aws, id: String = "aws-deploy", more: String = "",
    before: String = declaration,
    attributes: String = #" plugin="aws-credentials@254.v978a_5e206a_d8""#, secret: String? = nil
) -> String {
    let fields = name == password ? ("username", "password") : ("accessKey", "secretKey")
    let hidden = secret ?? "<\(fields.1)>\(redacted)</\(fields.1)>"
    return """
        \(before)<\(name)\(attributes)>
          <scope>GLOBAL</scope>
          <id>\(id)</id>
          <description>Deploys &amp; &#x26; &lt;more&gt; &#13;\u{e9}</description>
          <\(fields.0)>\(keyID)</\(fields.0)>
          \(hidden)
          \(more)
        </\(name)>
        """
}

private func xml(_ text: String) -> Reply { .status(200, text, ["content-type": "application/xml;charset=utf-8"]) }

private let before = xml(document("AKIAOLD1", more: role))
private let after = xml(document(HostSession.keyID, more: role))
private let done = Reply.status(200)

private func page(_ status: UInt32, _ title: String, _ headers: [String: String] = [:]) -> Reply {
    .status(
        status, "<html><head><title>\(title)</title></head><body>\(title)</body></html>",
        headers.merging(["content-type": "text/html;charset=utf-8"]) { $1 })
}

private func json(_ text: String) -> Reply { .status(200, text, ["content-type": "application/json;charset=utf-8"]) }
private let known = json(
    #"{"_class":"hudson.security.WhoAmI","name":"keyturn","anonymous":false,"authenticated":true}"#)

@Suite("Jenkins") struct JenkinsTests {
    private func push(_ replies: Reply..., to target: String = target) throws -> Ending {
        try HostSession(.jenkins).push(target, replies)
    }

    @Test func `the credential is replaced by one request, and the key ID read back`() throws {
        let end = try push(before, done, after)
        end.expect(KT_OK, "\(subject): both values written by one request, and the key ID read back")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.lines == ["GET \(config)", "POST \(config)", "GET \(config)"])
        #expect(end.requests[1].headers["Content-Type"] == "application/xml; charset=utf-8")
        let pair = Data("keyturn:\(HostSession.token)".utf8).base64EncodedString()
        #expect(end.requests[1].headers["Authorization"] == "Basic \(pair)")
    }

    @Test func `every other field is sent again as it was, and the mark of the secret is not`() throws {
        let end = try push(before, done, after)
        #expect(
            end.requests[1].body
                == "<\(aws)><scope>GLOBAL</scope><id>aws-deploy</id>"
                + "<description>Deploys &amp; &amp; &lt;more&gt; &#13;\u{e9}</description>\(role)"
                + "<accessKey>AKIAIOSFODNN7EXAMPLE</accessKey>"
                + #"<secretKey>wJalrXUtnFEMI/K7MDENG+bPxRfiCY"EXAMPLE\KEY</secretKey></\#(aws)>"#)
        let unknown = "<futureField>a text</futureField>"
        let kept = try push(
            xml(document("AKIAOLD1", more: unknown)), done, xml(document(HostSession.keyID, more: unknown)))
        #expect(kept.outcome == KT_OK && kept.requests[1].body.contains(unknown))
    }

    @Test func `a username with password holds a pair as well`() throws {
        let more = "<usernameSecret>false</usernameSecret>"
        let end = try push(
            xml(document("AKIAOLD1", class: password, more: more)), done,
            xml(document(HostSession.keyID, class: password, more: more)))
        #expect(end.outcome == KT_OK)
        #expect(end.requests[1].body.contains("\(more)<username>AKIAIOSFODNN7EXAMPLE</username><password>wJalr"))
    }

    @Test func `a credential without a key yet gets one`() throws {
        let bare = document("").replacing("<accessKey></accessKey>", with: "")
        let empty = document("").replacing("<accessKey></accessKey>", with: "<accessKey/>")
        for text in [bare, empty] {
            let end = try push(xml(text), done, xml(document(HostSession.keyID)))
            #expect(end.outcome == KT_OK, "\(end.message)")
        }
    }

    @Test func `a yes of Jenkins confirms nothing before the credential shows it`() throws {
        try push(before, done, before).expect(
            KT_RETRYABLE, "\(subject): 200, but the credential does not show the new key ID")
        let moved = document(HostSession.keyID, more: role.replacing("role/x", with: "role/y"))
        try push(before, done, xml(moved)).expect(
            KT_CONFLICT, "\(subject): written, but since then it differs in iamRoleArn")
        try push(before, done, xml(document(HostSession.keyID))).expect(
            KT_CONFLICT, "\(subject): written, but since then it differs in iamRoleArn, iamExternalId, stsTokenDuration"
        )
        try push(before, page(200, "Sign in")).expect(KT_RETRYABLE, "\(subject): 200: a web page answered")
    }

    @Test func `folders and domains are in the path, with a context path before it`() throws {
        let session = try HostSession(
            .jenkins,
            configuration:
                #"{"token":"\#(HostSession.token)","user":"keyturn","endpoint":"https://ci.example/jenkins"}"#)
        let end = session.push(inFolder, [before, done, after])
        end.expect(KT_OK, "Jenkins: credential aws-deploy in folder team/our app, domain prod: ")
        #expect(
            end.lines[1]
                == "POST https://ci.example/jenkins/job/team/job/our%20app/credentials/store/folder/domain/prod/credential/"
                + "aws-deploy/config.xml")
    }

    /// What a write would lose, or what is of no known kind, is left alone.
    @Test(arguments: [
        ("<other><secret-redacted/></other>", "its field other is another secret"),
        ("<list><string>a</string></list>", "its field list has several parts"),
        (#"<link reference="../id"/>"#, "its field link refers to something else"),
        (#"<odd class="x">a</odd>"#, "its field odd refers to something else"),
        ("<scope>USER</scope>", "its field scope is there twice"),
    ])
    func `a credential that is not understood is refused, and not written`(more: String, words: String) throws {
        let end = try push(xml(document("AKIAOLD1", more: more)))
        end.expect(KT_CONFLICT, subject, words, "nothing was changed")
        #expect(end.requests.count == 1)
    }

    @Test func `another class, another ID and other forms of the secret are refused`() throws {
        let text = "org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl"
        for (reply, words) in [
            (document("A", class: text), "of the class \(text)"),
            (document("A", id: "aws-other"), "of another ID (aws-other)"),
            (document("A", attributes: #" resolves-to="x""#), "its field resolves-to"),
            (
                document("A", secret: "<secretKey><secret-redacted>x</secret-redacted></secretKey>"),
                "secretKey is not a secret"
            ),
            (document("A", secret: "<secretKey><plain/></secretKey>"), "secretKey is not a secret"),
        ] {
            let end = try push(xml(reply))
            end.expect(KT_CONFLICT, subject, words)
            #expect(end.requests.count == 1)
        }
    }

    /// What is written after any change to what Jenkins shows is of the same kind and ID, and has each field once.
    @Test func `changed XML is refused, or written whole`() throws {
        let pieces = [
            "<", ">", "</", "/>", "&", "&#", ";", "&amp;", "\"", "'", "=", "\0", "\r", "<a>", "</a>", "<id>", "]]>",
            "<!--", "\u{85}",
        ]
        .map { Array($0.utf8) }
        let original = Array(document("AKIAOLD1", more: role).utf8)
        var random: UInt64 = 1
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        let session = try HostSession(.jenkins)
        var written = 0
        for _ in 0..<3_000 {
            var bytes = original
            for _ in 0...next(2) {
                let start = next(bytes.count)
                let end = min(start + next(24), bytes.count)
                bytes.replaceSubrange(start..<end, with: next(3) == 0 ? [] : pieces[next(pieces.count)])
            }
            let shown = xml(String(decoding: bytes, as: UTF8.self))
            session.answering = { $0.method == "GET" ? shown : done }
            let end = session.push(target, [])
            #expect(end.outcome == KT_RETRYABLE || end.outcome == KT_CONFLICT, "\(end.message)")
            guard let body = end.requests.first(where: { $0.method == "POST" })?.body else { continue }
            written += 1
            #expect(body.hasPrefix("<\(aws)>") && body.hasSuffix("</secretKey></\(aws)>"), "\(body)")
            for field in ["<id>", "<accessKey>", "<secretKey>"] {
                #expect(body.components(separatedBy: field).count == 2)
            }
            #expect(body.contains("<id>aws-deploy</id>") && !body.contains("secret-redacted"))
        }
        #expect((100...2_900).contains(written))
    }

    @Test func `line ends, blanks and marks are no matter`() throws {
        let text = "\u{feff}" + document("AKIAOLD1", before: "").replacing("\n", with: "\r\n")
        let end = try push(xml(text), done, xml(document(HostSession.keyID)))
        #expect(end.outcome == KT_OK, "\(end.message)")
        let notUTF8 = "<\(aws)><id>aws-deploy</id></\(aws)>"
        #expect(try push(xml(notUTF8)).requests.count == 2)
    }

    @Test func `Jenkins's own pages are read as its refusals`() throws {
        try push(page(401, "Unauthorized")).expect(KT_UNAUTHORIZED, "\(subject): 401: user or token is refused")
        let permission = ["x-required-permission": "com.cloudbees.plugins.credentials.CredentialsProvider.Update"]
        try push(before, page(403, "Access Denied", permission)).expect(
            KT_UNAUTHORIZED, "\(subject): 403: the user lacks the permission com.cloudbees",
            "CredentialsProvider.Update")
        try push(before, page(403, "Error 403 No valid crumb was included in the request")).expect(
            KT_UNAUTHORIZED, "\(subject): 403: Jenkins asks for a crumb", "API token")
        try push(page(404, "Not Found")).expect(KT_NOT_FOUND, "\(subject): 404: there is no such credential")
        try push(before, page(500, "Oops!")).expect(KT_RETRYABLE, "\(subject): 500: ")
    }

    @Test func `check says who asks and what the credential holds`() throws {
        let session = try HostSession(.jenkins)
        let end = session.check(target, [known, before])
        end.expect(KT_OK, "\(subject): user keyturn can read it", "it holds AKIAOLD1")
        #expect(end.lines == ["GET \(base)/whoAmI/api/json", "GET \(config)"])
        session.check(target, [json(#"{"name":"anonymous","anonymous":true}"#)]).expect(
            KT_UNAUTHORIZED, "\(subject): Jenkins takes the requests for those of an anonymous user")
    }

    @Test func `inspect reads the key ID`() throws {
        let session = try HostSession(.jenkins)
        #expect(session.inspect(target, [after]).report?.keyID == HostSession.keyID)
        let none = session.inspect(target, [xml(document(""))])
        none.expect(KT_OK, "\(subject): it holds no access key ID")
        #expect(none.report?.keyID == "")
    }

    @Test func `credentials with a key are found in the folder, and in those around it`() throws {
        let session = try HostSession(.jenkins)
        func credentials(_ list: (id: String, name: String)...) -> Reply {
            let items = list.map { #"{"id":"\#($0.id)","displayName":"\#($0.name)","typeName":"AWS Credentials"}"# }
            return json(#"{"credentials":[\#(items.joined(separator: ","))]}"#)
        }
        let end = session.find(
            inFolder,
            [
                json(#"{"domains":{"prod":{}}}"#),
                credentials(
                    ("aws-deploy", "AKIAOWNOWNOWNOWNOWN1"), ("spare", "AKIAOTHEROTHEROTHER0 (old)"), ("x", "bot/***")),
                page(404, "Not Found"), json(#"{"domains":{"_":{}}}"#),
                credentials(("aws-deploy", "AKIAROOTROOTROOTROOT (x)")),
            ])
        end.expect(KT_OK, "2 places around it")
        #expect(
            session.found.map(\.place) == [
                "folder team/our app, domain prod, credential spare", "Jenkins, credential aws-deploy",
            ])
        #expect(session.found.map(\.keyID) == ["AKIAOTHEROTHEROTHER0", "AKIAROOTROOTROOTROOT"])
        #expect(session.found[0].fields == #"{"credential":"spare","domain":"prod","folder":"team/our app"}"#)
        #expect(
            end.lines[1]
                == "GET \(base)/job/team/job/our%20app/credentials/store/folder/domain/prod/api/json"
                + "?tree=credentials%5Bid%2CtypeName%2CdisplayName%5D")
    }

    @Test(arguments: [
        #"{"credential":".."}"#, #"{"credential":"a","folder":"x/../y"}"#, #"{"credential":"a","domain":"."}"#,
    ])
    func `a step up is no name`(target: String) throws {
        let end = try push(to: target)
        end.expect(KT_INVALID_CONFIG, "the target's fields: credential: ")
        #expect(end.requests.isEmpty)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .jenkins).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .jenkins) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .jenkins)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        let permission = ["x-required-permission": "com.cloudbees.plugins.credentials.CredentialsProvider.Update"]
        let text = document("A", class: "org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl")
        return [
            row("200, and the new key ID since", before, done, after),
            row("200, and the old key ID since", before, done, before),
            row("200, and without the role since", before, done, xml(document(HostSession.keyID))),
            row("a credential of another class", xml(text)),
            row("a credential with a second secret", xml(document("A", more: "<other><secret-redacted/></other>"))),
            row("a credential of another ID", xml(document("A", id: "aws-other"))),
            row("XML with a document type", xml("\(declaration)<!DOCTYPE x><x/>")),
            row("400", before, page(400, "Error")),
            row("401", page(401, "Unauthorized")),
            row("403 of a permission", before, page(403, "Access Denied", permission)),
            row("403 of a crumb", before, page(403, "Error 403 No valid crumb was included in the request")),
            row("403", page(403, "Forbidden")),
            row("404", page(404, "Not Found")),
            row("429 of a proxy", .status(429, "slow down", ["content-type": "text/plain", "retry-after": "9"])),
            row("500", before, page(500, "Oops!")),
            row("503 while Jenkins starts", page(503, "Starting Jenkins")),
            row("200 with a web page", page(200, "Sign in")),
            row(
                "302 to a sign-in page",
                .status(302, "", ["location": "https://jenkins.example/securityRealm/commenceLogin"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            AnswerRow(answer: "200", question: .check, target: target, replies: [known, before]),
            AnswerRow(
                answer: "200 to an anonymous user", question: .check, target: target,
                replies: [json(#"{"name":"anonymous","anonymous":true}"#)]),
            AnswerRow(answer: "200", question: .inspect, target: target, replies: [after]),
            AnswerRow(answer: "200 without a key ID", question: .inspect, target: target, replies: [xml(document(""))]),
        ]
    }
}
