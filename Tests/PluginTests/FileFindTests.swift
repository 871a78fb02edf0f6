import CKeyturnPusher
import Foundation
import Glibc
import Testing

/// What is found below a folder: kt.find/1 of the pusher for files.
@Suite final class FileFindTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let other = "AKIAOTHEROTHEROTHER0"
    private let outside: String
    private let directory: String

    init() throws {
        let made = FileManager.default.temporaryDirectory.appending(path: "keyturn-find-\(UUID().uuidString)")
        outside = made.path
        directory = made.appending(path: "granted").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: outside) }

    private func write(_ text: String, _ path: String) throws {
        let file = URL(filePath: path.hasPrefix("/") ? path : "\(directory)/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func find(_ folder: String? = nil) throws -> (session: HostSession, end: Ending) {
        let session = try HostSession(.file, configuration: "{}")
        return (session, session.find(below: folder ?? directory, []))
    }

    private func profile(_ name: String, _ id: String = FileFindTests.id) -> String {
        "[\(name)]\naws_access_key_id = \(id)\naws_secret_access_key = \(HostSession.secret)\n"
    }

    @Test func `profiles and variables are found, with the fields of a target`() throws {
        try write(profile("default") + "# \(Self.other)\n" + profile("deploy", Self.other), ".aws/credentials")
        try write("PORT=80\nexport AWS_ACCESS_KEY_ID='\(Self.id)'\nAWS_SECRET_ACCESS_KEY=x\n", "app/.env.production")
        try write("AWS_REGION=eu-west-1\n", "app/.env")
        try write("AWS_ACCESS_KEY_ID=\(Self.id)\n", "app/notes.txt")
        try write("AWS_ACCESS_KEY_ID=\(Self.id)\n", "app/.env.keyturn-new")
        let (session, end) = try find()
        end.expect(KT_OK, "")
        #expect(end.requests.isEmpty && session.gaps.isEmpty)
        let fields = Set(session.found.map(\.fields))
        let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
        #expect(
            fields == [
                #"{"path":"\#(directory)/.aws/credentials","format":"credentials"}"#,
                #"{"path":"\#(directory)/.aws/credentials","format":"credentials","profile":"deploy"}"#,
                #"{"path":"\#(directory)/app/.env.production","format":"dotenv",\#(names)}"#,
            ])
        #expect(session.found.count == 3 && Set(session.found.map(\.keyID)) == [Self.id, Self.other])
    }

    @Test func `a credentials file with many profiles shows each of them`() throws {
        let ids = (0..<30).map { "AKIAMANY\(String(repeating: "0", count: 10))\($0 + 10)" }
        try write(
            ids.enumerated().map { profile("p\($0)", $1) }.joined() + profile("p3") + profile("last"), "credentials")
        let (session, _) = try find()
        // The one that is there twice is read by no tool.
        #expect(
            session.found.count == 30
                && Set(session.found.map(\.keyID)) == Set(ids).subtracting([ids[3]]).union([Self.id]))
    }

    @Test func `no link leads out of the folder, and each is reported`() throws {
        try write(profile("default"), "\(outside)/secret/credentials")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/credentials", withDestinationPath: "\(outside)/secret/credentials")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/folder", withDestinationPath: "\(outside)/secret")
        let (session, end) = try find()
        end.expect(KT_OK, "")
        #expect(session.found.isEmpty)
        #expect(
            session.gaps.map(\.part) == ["\(directory)/credentials"] && session.gaps.first?.outcome == KT_UNSUPPORTED)
    }

    @Test func `what is too large, too deep or no file is not read, and said`() throws {
        try write(String(repeating: "x", count: (1 << 20) + 1), "large/credentials")
        try write(profile("default"), (0..<9).map { "d\($0)" }.joined(separator: "/") + "/credentials")
        mkfifo("\(directory)/credentials", 0o600)
        let (session, end) = try find()
        end.expect(KT_OK, "")
        #expect(session.found.isEmpty)
        #expect(
            Set(session.gaps.map(\.part)) == [
                "\(directory)/large/credentials", "\(directory)/d0/d1/d2/d3/d4/d5/d6/d7/d8",
            ])
    }

    /// A runner has 64; that limit holds in the tests of the commands.
    @Test func `many folders next to each other`() throws {
        for number in 0..<300 { try write(profile("default"), "f\(number)/credentials") }
        let (session, _) = try find()
        #expect(session.found.count == 300 && session.gaps.isEmpty)
    }

    @Test func `a folder that is not there, one that may not be read, and an empty one are three things`() throws {
        #expect(try find("\(directory)/nowhere").end.outcome == KT_NOT_FOUND)
        let (session, end) = try find()
        end.expect(KT_OK, "")
        #expect(session.found.isEmpty && session.gaps.isEmpty)
        try write(profile("default"), "closed/credentials")
        chmod("\(directory)/closed", 0)
        defer { chmod("\(directory)/closed", 0o700) }
        // Root may read everything.
        guard geteuid() != 0 else { return }
        #expect(try find().session.gaps.map(\.outcome) == [KT_UNAUTHORIZED])
        #expect(try find("\(directory)/closed").end.outcome == KT_UNAUTHORIZED)
    }

    @Test func `a name that is not UTF-8 is shown, and is no target`() throws {
        let folder = Array("\(directory)/".utf8) + [0xff] + Array(".env".utf8)
        let file = folder.map { CChar(bitPattern: $0) } + [0]
        let descriptor = open(file, O_CREAT | O_WRONLY, 0o600)
        let text = "AWS_ACCESS_KEY_ID=\(Self.id)\n"
        _ = text.withCString { Glibc.write(descriptor, $0, text.utf8.count) }
        close(descriptor)
        let (session, _) = try find()
        #expect(session.found.map(\.keyID) == [Self.id] && session.found.first?.fields == "")
        #expect(session.found.first?.place.hasSuffix("\u{FFFD}.env") == true)
    }
}
