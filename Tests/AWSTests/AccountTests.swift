import Testing

@testable import AWS

@Suite("Where AWS is")
struct AccountTests {
    @Test(
        "IAM signs in one region of each partition, STS in its own",
        arguments: [
            ("eu-central-1", "https://iam.amazonaws.com", "us-east-1", "https://sts.eu-central-1.amazonaws.com"),
            (
                "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1",
                "https://sts.cn-northwest-1.amazonaws.com.cn"
            ),
            (
                "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1",
                "https://sts.us-gov-east-1.amazonaws.com"
            ),
        ])
    func partitions(region: String, iam: String, signing: String, sts: String) {
        let account = Account(region: region)
        #expect(account.endpoint(of: .iam, [:]) == iam)
        #expect(account.signingRegion(of: .iam) == signing)
        #expect(account.endpoint(of: .sts, [:]) == sts)
        #expect(account.signingRegion(of: .sts) == region)
    }

    @Test("the configured endpoint comes first, then the service's variable, then the common one")
    func endpoints() {
        let environment = ["AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_STS": "http://sts"]
        #expect(Account(region: "eu-west-1").endpoint(of: .iam, environment) == "http://all")
        #expect(Account(region: "eu-west-1").endpoint(of: .sts, environment) == "http://sts")
        #expect(Account(region: "eu-west-1", endpoint: "http://mine").endpoint(of: .sts, environment) == "http://mine")
    }
}

@Suite("The shared files")
struct ProfileFileTests {
    private func read(_ text: String) throws(AWSError) -> ProfileFile {
        try ProfileFile(path: "/f", Array(text.utf8))
    }

    @Test("have sections, settings and comments, and lines further in that belong to the setting before")
    func parse() throws {
        let file = try read(
            """
            # a comment
            [default]
            aws_access_key_id = AKIA1
            AWS_secret_access_key:abc=+/
            s3 =
              max_concurrent_requests = 20
            [profile ci]
              region = eu-west-1 ; kept, as the SDKs do
              output = json
            """)
        #expect(file.section("default")?["aws_access_key_id"]?.text == "AKIA1")
        #expect(file.section("default")?["aws_secret_access_key"]?.text == "abc=+/")
        #expect(file.section("default")?["s3"]?.text == "\nmax_concurrent_requests = 20")
        #expect(file.section("default")?["max_concurrent_requests"] == nil)
        #expect(file.section("profile ci")?["region"]?.text == "eu-west-1 ; kept, as the SDKs do")
        #expect(file.section("profile ci")?["output"]?.line == 9)
        #expect(file.section("other") == nil)
    }

    @Test(
        "are refused with the line where AWS's tools refuse them",
        arguments: [
            ("a = b\n", 1, "before the first"), ("[a]\nb\n", 2, "no setting"), ("[a]\n\n= b\n", 3, "no setting"),
            ("[a]\n[]\n", 2, "no setting"), ("[a]\n[b\n", 2, "no setting"), ("[a]\n[b]\n[a]\n", 3, "twice"),
            ("[a]\nb = c\nB: d\n", 3, "b is there twice"), ("\u{feff}[a]\n", 1, "byte order mark"),
            ("[a]\rb\r", 2, "no setting"), ("[a]\r\n\r\nb\r\n", 3, "no setting"), ("[a]\nb =\n  c\n", 2, "below it"),
        ])
    func mistakes(text: String, line: Int, words: String) {
        do throws(AWSError) {
            _ = try read(text)
            Issue.record("it was read")
        } catch {
            #expect(error.description.hasPrefix("/f:\(line): ") && error.description.contains(words), "\(error)")
        }
    }

    @Test("of other encodings are refused with the line")
    func encoding() {
        #expect(throws: AWSError.self) { try ProfileFile(path: "/f", Array("[a]\nb = ".utf8) + [0xE9, 0x0A]) }
    }

    @Test(
        "name their profiles as a shell splits words",
        arguments: [
            ("[profile ci]", "ci"), ("[profile \"my ci\"]", "my ci"), ("[profile 'my ci']", "my ci"),
            ("[profile   ci]", "ci"), ("[default]", "default"), ("[profile default]", "default"),
        ])
    func names(header: String, name: String) throws {
        #expect(try read("\(header)\nregion = x\n").sections(of: "profile")[name]?["region"]?.text == "x")
    }

    @Test(
        "have other sections, which are no profiles",
        arguments: ["[profile a b]", "[ci]", "[profile]", "[ profile ci ]"])
    func noProfiles(header: String) throws {
        #expect(try read("\(header)\nregion = x\n").sections(of: "profile").isEmpty)
    }

    @Test("say in [DEFAULT] what holds in every section")
    func defaults() throws {
        let file = try read("[DEFAULT]\nregion = all\noutput = json\n[a]\nregion = own\n[b]\n")
        #expect(file.section("a")?.mapValues(\.text) == ["region": "own", "output": "json"])
        #expect(file.section("b")?.mapValues(\.text) == ["region": "all", "output": "json"])
        #expect(file.section("DEFAULT") == nil)
    }
}

@Suite("A path")
struct HomePathTests {
    private let environment = ["HOME": "/home/me/", "A": "x", "EMPTY": ""]

    @Test(
        "is expanded as AWS's tools do",
        arguments: [
            ("~/.aws/config", "/home/me/.aws/config"), ("~", "/home/me"), ("/a/$A/b", "/a/x/b"), ("${A}b", "xb"),
            ("$MISSING/b", "$MISSING/b"), ("$EMPTY/b", "/b"), ("a/~/b", "a/~/b"), ("${A", "${A"), ("$", "$"),
            ("~nobody-of-that-name/x", "~nobody-of-that-name/x"), ("/plain", "/plain"),
        ])
    func expanded(path: String, expected: String) { #expect(HomePath.expanded(path, environment) == expected) }

    @Test("has the home directory of the system's list of users where HOME is not set")
    func passwd() throws {
        let home = try #require(HomePath.home([:]))
        #expect(home.hasPrefix("/") && HomePath.expanded("~/x", [:]).hasSuffix("/x"))
        #expect(HomePath.expanded("~root/x", environment) == "/root/x")
    }
}
