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
    @Test("have sections, settings and comments, and indented lines that are passed over")
    func parse() {
        let file = ProfileFile(
            text: """
                # a comment
                [default]
                aws_access_key_id = AKIA1
                aws_secret_access_key=abc=+/
                s3 =
                  max_concurrent_requests = 20
                [profile ci]
                region = eu-west-1 ; kept, as the SDKs do
                """)
        #expect(file.section("default")?["aws_access_key_id"] == "AKIA1")
        #expect(file.section("default")?["aws_secret_access_key"] == "abc=+/")
        #expect(file.section("default")?["max_concurrent_requests"] == nil)
        #expect(file.section("profile ci")?["region"]?.hasPrefix("eu-west-1") == true)
        #expect(file.section("other") == nil)
    }
}

@Suite("A section's name")
struct SectionNameTests {
    @Test(
        "may stand in quotes, with any space before",
        arguments: [
            ("[profile ci]", "profile ci"), ("[profile \"my ci\"]", "profile my ci"),
            ("[ profile   ci ]", "profile ci"),
            ("[default]", "default"), ("[sso-session x]", "sso-session x"),
        ])
    func names(line: String, name: String) { #expect(ProfileFile.sectionName(line) == name) }
}
