import Foundation
import Rotation
import Secrets
import Testing

@testable import AWS

@Suite("The shared credentials file")
struct CredentialsFileTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private let pair = KeyPair(id: AccessKeyID("AKIANEW"), secret: .text("new/secret+="))

    private func file(_ text: String, mode: Int = 0o600, profile: String = "ci") throws -> CredentialsFile {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let path = directory.appendingPathComponent("credentials").path
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: NSNumber(value: mode)]))
        return CredentialsFile(profile: profile, environment: ["AWS_SHARED_CREDENTIALS_FILE": path])
    }

    private func text() throws -> String {
        try String(contentsOf: directory.appendingPathComponent("credentials"), encoding: .utf8)
    }

    @Test(
        "gets the pair in its profile, and every other byte stays",
        arguments: [
            (
                "[ci]\naws_access_key_id = A\naws_secret_access_key = s\n",
                "[ci]\naws_access_key_id = AKIANEW\naws_secret_access_key = new/secret+=\n"
            ),
            (
                "[ci]\r\nAWS_Secret_Access_Key=s\r\naws_access_key_id=A",
                "[ci]\r\nAWS_Secret_Access_Key=new/secret+=\r\naws_access_key_id=AKIANEW"
            ),
            (
                "# [ci]\n[c]\naws_access_key_id = A\naws_secret_access_key = s\n\n[ci] # ours\n;aws_access_key_id = B\naws_access_key_id : C \t\naws_secret_access_key = t\nregion = x\n[d]\naws_access_key_id = D",
                "# [ci]\n[c]\naws_access_key_id = A\naws_secret_access_key = s\n\n[ci] # ours\n;aws_access_key_id = B\naws_access_key_id : AKIANEW \t\naws_secret_access_key = new/secret+=\nregion = x\n[d]\naws_access_key_id = D"
            ),
            // As far in as someone likes them.
            (
                "[ci]\n  aws_access_key_id = A\n  aws_secret_access_key = s\n  s3 =\n    a = b\n",
                "[ci]\n  aws_access_key_id = AKIANEW\n  aws_secret_access_key = new/secret+=\n  s3 =\n    a = b\n"
            ),
        ])
    func replaced(old: String, new: String) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try file(old)
        #expect(try file.write(pair))
        #expect(try text() == new)
        #expect(try file.keyID() == "AKIANEW")
        #expect(try file.write(pair) == false, "the same pair again changes nothing")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["credentials"])
    }

    @Test(
        "is left as it is where a person has to look first",
        arguments: [
            ("[x]\n", CredentialsFile.Trouble.missing), ("[ci]\naws_access_key_id = A\n", .missing),
            ("[ci]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = t\n", .unsettled),
            // AWS's tools read none of these.
            ("[ci]\naws_access_key_id = A\n[x]\n[ci]\naws_access_key_id = B\naws_secret_access_key = s\n", .unsettled),
            ("[ci]\naws_access_key_id = A\naws_secret_access_key = s\naws_access_key_id = B\n", .unsettled),
            ("[ci]\naws_access_key_id = A\naws_secret_access_key = s\n  t\n", .unsettled),
            ("aws_access_key_id = A\n[ci]\n", .unsettled), ("[ ci ]\naws_access_key_id = A\n", .missing),
        ])
    func refused(old: String, trouble: CredentialsFile.Trouble) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try file(old)
        for attempt in [{ _ = try file.keyID() }, { _ = try file.write(pair) }] {
            let failure = #expect(throws: CredentialsFile.Failure.self) { try attempt() }
            #expect(failure?.trouble == trouble)
        }
        #expect(try text() == old)
    }

    @Test("is not written where others can read it")
    func open() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try file("[ci]\naws_access_key_id = A\naws_secret_access_key = s\n", mode: 0o640)
        let failure = #expect(throws: CredentialsFile.Failure.self) { try file.write(pair) }
        #expect(failure?.description.contains("run `chmod 600") == true)
    }

    @Test("is written though a crash left something behind")
    func leftBehind() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try file("[ci]\naws_access_key_id = A\naws_secret_access_key = s\n")
        #expect(FileManager.default.createFile(atPath: file.path + ".keyturn-new", contents: Data("x".utf8)))
        #expect(try file.write(pair))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["credentials"])
    }

    @Test("may not be there")
    func missing() {
        let file = CredentialsFile(profile: "ci", environment: ["HOME": directory.path])
        #expect(file.path == directory.path + "/.aws/credentials")
        let failure = #expect(throws: CredentialsFile.Failure.self) { try file.keyID() }
        #expect(failure?.trouble == .missing)
    }
}
