import Foundation
@testable import Operations
import Testing

@Suite("Where AWS credentials are found")
struct CredentialsCheckTests {
    private let home = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"

    private func findings(_ profiles: Set<String?> = [], _ environment: [String: String] = [:]) -> [Finding] {
        CredentialsCheck(environment: environment.merging(["HOME": home]) { first, _ in first }).findings(profiles)
    }

    private func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(atPath: "\(home)/.aws", withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: "\(home)/.aws/\(name)", contents: Data(text.utf8)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(home)/.aws/\(name)")
    }

    @Test("in the environment, and half of a pair is none")
    func environment() {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hidden"]
        let found = findings([], keys)
        #expect(found.map(\.detail) == ["in the environment ($AWS_ACCESS_KEY_ID)"] && found[0].status == .done)
        let half = findings([], ["AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"])
        #expect(half.map(\.status) == [.notAllowed])
        #expect(findings([], ["AWS_WEB_IDENTITY_TOKEN_FILE": "/none"]).map(\.status) == [.notAllowed])
        #expect(
            findings([], ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x"]).map(\.detail)
                == ["a role of the container ($AWS_CONTAINER_CREDENTIALS_FULL_URI)"])
    }

    @Test("in a profile, with the file's mode, and never what they are")
    func profiles() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try write("credentials", "[default]\naws_access_key_id = AKIAEXAMPLE\n", mode: 0o644)
        try write("config", "[profile ci]\nrole_arn = x\n")
        let usual = findings()
        #expect(usual.map(\.detail).first?.hasPrefix("profile default in \(home)/.aws/credentials (mode 644") == true)
        #expect(usual.first?.warning?.contains("run `chmod 600 \(home)/.aws/credentials`") == true)
        #expect(!usual.contains { $0.detail.contains("AKIA") })
        let both = findings(["ci", nil])
        #expect(both.count == 2 && both[1].detail.hasPrefix("profile ci in \(home)/.aws/config (mode 600"))
        let missing = findings(["prod"])
        #expect(missing.map(\.status) == [.notAllowed] && missing[0].detail.hasSuffix("have no profile prod"))
        #expect(findings([], ["AWS_PROFILE": "prod"]).map(\.status) == [.notAllowed])
    }

    @Test("nowhere, where a role of the machine may be left")
    func nowhere() {
        let found = findings()
        #expect(found.map(\.status) == [.done] && found[0].detail.hasPrefix("none in the environment and in "))
        #expect(found[0].warning?.contains("`keyturn check --online`") == true)
    }
}
