import HTTP
import JSON
import RunnerProtocol
import Secrets
import Testing

@testable import PusherHost

@Suite("Requests of plugins to AWS")
struct AWSRequestTests {
    private let granted = ["ssm:PutParameter", "ssm:GetParameter"]

    private func check(
        _ operation: String = "ssm:PutParameter", region: String = "eu-west-1", in regions: [String] = ["eu-west-1"],
        body: [UInt8] = Array("{}".utf8)
    ) throws -> AWSRequest {
        var body = body
        let wanted = WireAWSRequest(number: 1, operation: operation, region: region, timeLimit: 0)
        return try AWSRequest(wanted, body: &body, granted, in: regions, within: .seconds(5))
    }

    @Test("go out as they were checked")
    func sound() throws {
        let request = try check(body: Array(" {\"Name\":\"x\"}\n".utf8))
        #expect(request.operation.service == "ssm" && request.operation.name == "PutParameter")
        #expect(request.region == "eu-west-1" && request.deadline > .now)
        #expect(request.body?.withBytes { String(decoding: $0, as: UTF8.self) } == " {\"Name\":\"x\"}\n")
        let empty = try check("ssm:GetParameter", region: "", body: [])
        #expect(empty.region == nil && empty.body == nil)
    }

    @Test(
        "name an operation that was granted, of a service that plugins may ask for",
        arguments: [
            "ssm:DeleteParameter", "ssm:putParameter", "ssm:PutParameter ", "PutParameter", "ssm:", ":PutParameter", "",
            "SSM:PutParameter", "iam:CreateAccessKey", "sts:AssumeRole", "kms:Decrypt", "dynamodb:PutItem",
            "ssm:PutParameter:x", "ssm:Put\nParameter",
        ])
    func operations(operation: String) {
        #expect(throws: PluginRequest.Refusal.self) { try check(operation) }
    }

    @Test(
        "name a region, and nothing else that could be a part of a host",
        arguments: [
            "eu-west", "eu-west-", "eu-west-1a", "eu-west-111", "EU-WEST-1", "eu.west-1", "eu-west-1.evil.example",
            "eu-west-1/", "evil@eu-west-1", "-eu-west-1", "eu--west-1", "a-b-c-d-e-1", "eu-west-1\n",
            "abcdefghijklmnop-abcdefghijklmno-1",
        ])
    func regions(region: String) {
        // Also where the configuration has it so.
        #expect(throws: PluginRequest.Refusal.self) { try check(region: region, in: [region]) }
    }

    @Test(
        "take regions as AWS has them", arguments: ["us-gov-east-1", "ap-southeast-2", "us-iso-east-1", "mx-central-1"])
    func knownRegions(region: String) throws {
        #expect(try check(region: region, in: ["eu-west-1", region]).region == region)
        #expect(throws: PluginRequest.Refusal.self) { try check(region: region) }
    }

    @Test("have a JSON object for a body, of up to 256 KiB")
    func bodies() throws {
        for body in ["[]", "x", "{", "}", "{}x", "\"{}\"", "{\u{0}}", "{\u{1B}}"] {
            #expect(throws: PluginRequest.Refusal.self, "\(body)") { try check(body: Array(body.utf8)) }
        }
        let most = [UInt8(ascii: "{")] + Array(repeating: UInt8(ascii: " "), count: 262_142) + [UInt8(ascii: "}")]
        _ = try check(body: most)
        #expect(throws: PluginRequest.Refusal.self) { try check(body: most + [0x20]) }
    }

    @Test("count as writes unless AWS's habit says that they read")
    func writing() throws {
        for name in ["GetParameter", "DescribeSecret", "ListSecrets", "BatchGetSecretValue", "Get"] {
            #expect(AWSOperation("ssm:\(name)")?.isWriting == false, "\(name)")
        }
        for name in ["PutParameter", "Getaway", "Listen", "Describer", "LabelParameterVersion"] {
            #expect(AWSOperation("ssm:\(name)")?.isWriting == true, "\(name)")
        }
    }

    @Test("are granted one by one, and what is not asked for any more goes")
    func grants() {
        var asks = Grants()
        asks.aws = ["ssm:PutParameter", "ssm:GetParameter"]
        var granted = Grants()
        granted.aws = ["ssm:PutParameter", "ssm:DeleteParameter"]
        #expect(granted.covered(by: asks).aws == ["ssm:PutParameter"])
        #expect(asks.subtracting(granted).words == ["AWS: ssm:GetParameter"])
        #expect(Grants(asks.json) == asks && Grants().json["aws"] == nil)
    }

    @Test(
        "are listed in a manifest by what the host can sign",
        arguments: [#"["iam:CreateUser"]"#, #"["ssm:*"]"#, #""ssm:PutParameter""#, #"[1]"#])
    func manifests(list: String) {
        #expect(throws: PluginError.self) { try Manifest(text: #"{"id":"x","aws":\#(list)}"#, at: "manifest.json") }
    }

    @Test("name resources that become ARNs, and none that could be more")
    func resources() throws {
        let text =
            #"{"id":"x","aws":["ssm:GetParameter"],"resources":{"ssm:GetParameter":{"resource":"parameter/{parameter}","unless":"replace"}}}"#
        let resource = try #require(try Manifest(text: text, at: "m").resources["ssm:GetParameter"])
        #expect(resource.filled(["parameter": "/ci/app"]) == "parameter/ci/app")
        #expect(resource.filled(["parameter": "app", "replace": false]) == "parameter/app")
        #expect(resource.filled(["parameter": "app", "replace": true]) == nil)
        #expect(throws: PluginError.self) {
            try Manifest(text: text.replacing("parameter/{", with: "x\\\", \\\"{"), at: "m")
        }
    }
}
