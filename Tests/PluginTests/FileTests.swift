import CKeyturnPusher
import Foundation
import Glibc
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
/// As AWS makes them: what a dotenv file holds without quotes.
private let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

private func pushProfile(_ number: Int, of path: String, on session: HostSession) -> kt_outcome {
    // A host that does not let it sleep: its patience is over at once.
    for _ in 0..<10_000 {
        let end = session.push(#"{"path":"\#(path)","profile":"p\#(number)",\#(names)}"#, [], secret: secret)
        guard end.outcome == KT_RETRYABLE else { return end.outcome }
        usleep(1_000)
    }
    return KT_RETRYABLE
}

@Suite("File") final class FileTests {
    private let directory: String

    init() throws {
        let made = FileManager.default.temporaryDirectory.appending(path: "keyturn-file-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        directory = made.resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private var path: String { "\(directory)/credentials" }

    private func target(_ more: String = "", at path: String? = nil) -> String {
        #"{"path":"\#(path ?? self.path)"\#(more),\#(names)}"#
    }

    private func session() throws -> HostSession { try HostSession(.file, configuration: "{}") }

    private func push(_ more: String = "", at path: String? = nil) throws -> Ending {
        try session().push(target(more, at: path), [], secret: secret)
    }

    private func write(_ text: String, mode: mode_t = 0o600, at path: String? = nil) throws {
        try Data(text.utf8).write(to: URL(filePath: path ?? self.path))
        chmod(path ?? self.path, mode)
    }

    private func read(_ path: String? = nil) throws -> String { try contents(of: path ?? self.path) }

    private func attributes() -> stat {
        var attributes = stat()
        lstat(path, &attributes)
        return attributes
    }

    private var others: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] }

    private let pair = "aws_access_key_id = \(HostSession.keyID)\naws_secret_access_key = \(secret)\n"

    @Test func `a file that is not there is made, for its owner alone`() throws {
        let end = try push()
        end.expect(KT_OK, "File: \(path) (profile default): made and read back")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK && end.requests.isEmpty)
        #expect(try read() == "[default]\n\(pair)" && attributes().st_mode & 0o777 == 0o600)
        #expect(others == ["credentials"])
        try push().expect(KT_UNCHANGED, "File: \(path) (profile default): it holds this pair already")
    }

    @Test func `mode, other profiles, comments and order stay`() throws {
        let old =
            "# ours\n[a]\nregion = x\n# key\naws_access_key_id=AKIAOLD1\naws_secret_access_key=old\n\noutput = json\n\n[b]\nx = y\n"
        try write(old, mode: 0o640)
        let before = attributes().st_ino
        #expect(try push(#","profile":"a""#).outcome == KT_OK)
        #expect(try read() == "# ours\n[a]\nregion = x\n# key\n\(pair)\noutput = json\n\n[b]\nx = y\n")
        #expect(attributes().st_mode & 0o777 == 0o640 && attributes().st_ino != before)
        #expect(try push(#","profile":"b""#).outcome == KT_OK)
        #expect(try read().hasSuffix("[b]\n\(pair)x = y\n") && read().contains("[a]\nregion = x\n# key\n\(pair)"))
        #expect(others == ["credentials"])
    }

    @Test func `a variable's line keeps its place, its export and its comment`() throws {
        let env = "\(directory)/app.env"
        let more = #","format":"dotenv""#
        try write(
            "# app\nexport AWS_SECRET_ACCESS_KEY=\"old # x\" # rotated\nPORT=80\r\nAWS_ACCESS_KEY_ID=AKIAOLD1\nLAST='a\nb=c'",
            at: env)
        try push(more, at: env).expect(
            KT_OK, "File: \(env) (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY): replaced and read back")
        #expect(
            try read(env)
                == "# app\nexport AWS_SECRET_ACCESS_KEY=\(secret) # rotated\nPORT=80\r\nAWS_ACCESS_KEY_ID=\(HostSession.keyID)\nLAST='a\nb=c'"
        )
        try write("A=1", at: env)
        #expect(try push(more, at: env).outcome == KT_OK)
        #expect(try read(env) == "A=1\nAWS_ACCESS_KEY_ID=\(HostSession.keyID)\nAWS_SECRET_ACCESS_KEY=\(secret)\n")
        // What is inside a value of several lines is not a variable.
        try write("X='\nAWS_ACCESS_KEY_ID=inside\n'\n", at: env)
        #expect(try push(more, at: env).outcome == KT_OK)
        #expect(try read(env).hasPrefix("X='\nAWS_ACCESS_KEY_ID=inside\n'\nAWS_ACCESS_KEY_ID=\(HostSession.keyID)\n"))
    }

    @Test func `odd characters in a secret are quoted, and read back`() throws {
        let env = "\(directory)/app.env"
        let odd = #"a"b\c$d`e f#g'h"#
        let more = #","format":"dotenv""#
        #expect(try session().push(target(more, at: env), [], secret: odd).outcome == KT_OK)
        #expect(try read(env).contains(#"AWS_SECRET_ACCESS_KEY="a\"b\\c\$d\`e f#g'h""#))
        #expect(try session().push(target(more, at: env), [], secret: odd).outcome == KT_UNCHANGED)
    }

    @Test(arguments: [
        ("", "[a]\nx = y\nnonsense\n", "line 3 is none of a credentials file"),
        ("", "[default]\n[default]\n", "is in it twice"),
        (
            #","format":"dotenv""#, "AWS_ACCESS_KEY_ID=1\nAWS_ACCESS_KEY_ID=2\n",
            "AWS_ACCESS_KEY_ID is in it more than once"
        ),
        (#","format":"dotenv""#, "X=\"no end\n", "a quoted value in it has no end"),
    ])
    func `what would lose something is left alone`(more: String, text: String, words: String) throws {
        try write(text)
        for end in [try push(more), try session().check(target(more), [])] {
            end.expect(KT_CONFLICT, "File: \(path)", words, "then run keyturn retry")
        }
        #expect(try read() == text && others == ["credentials"])
    }

    @Test func `links are followed and stay, and one that leads nowhere is named`() throws {
        let (real, link) = ("\(directory)/real", "\(directory)/link")
        try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: true)
        try write("[x]\na = b\n", at: "\(real)/file")
        symlink("real/file", link)
        try push(at: link).expect(KT_OK, "File: \(link)", "replaced and read back")
        #expect(try read("\(real)/file") == "[x]\na = b\n[default]\n\(pair)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real/file")
        unlink("\(real)/file")
        try push(at: link).expect(KT_CONFLICT, "File: \(link)", "a link that leads nowhere")
    }

    @Test func `what is no file, or has two names, is left alone`() throws {
        try push(at: "\(directory)/none/credentials").expect(
            KT_NOT_FOUND, "File: ", "there is no folder \(directory)/none")
        mkdir("\(directory)/folder", 0o700)
        try push(at: "\(directory)/folder").expect(KT_CONFLICT, "File: ", "it is not a regular file")
        mkfifo("\(directory)/pipe", 0o600)
        try push(at: "\(directory)/pipe").expect(KT_CONFLICT, "File: ", "it is not a regular file")
        try write("")
        link(path, "\(directory)/second")
        try push().expect(KT_CONFLICT, "File: ", "2 names (hard links)")
        try write(String(repeating: "#\n", count: 600_000), at: "\(directory)/large")
        try push(at: "\(directory)/large").expect(KT_CONFLICT, "File: ", "larger than 1 MiB")
    }

    @Test func `what a crash has left beside it is no hindrance`() throws {
        try write("half", at: "\(path).keyturn-new")
        #expect(try push().outcome == KT_OK)
        #expect(others == ["credentials"])
    }

    @Test func `a folder that another program has locked is waited for`() throws {
        let folder = Glibc.open(directory, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        #expect(flock(folder, LOCK_EX) == 0)
        let session = try session()
        session.push(target(), []).expect(
            KT_RETRYABLE, "File: \(path)", "another program holds a lock of the folder \(directory)")
        #expect(others.isEmpty)
        flock(folder, LOCK_UN)
        #expect(session.push(target(), []).outcome == KT_OK)
    }

    @Test func `a call that is cancelled writes nothing`() throws {
        try write("[default]\n")
        let session = try session()
        session.cancelledAfter = 0
        session.push(target(), []).expect(KT_CANCELLED, "File: ")
        #expect(try read() == "[default]\n" && others == ["credentials"])
    }

    @Test func `many threads write one file, and each profile is there`() async throws {
        nonisolated(unsafe) let shared = try session()
        let path = path
        await withTaskGroup(of: kt_outcome.self) { group in
            for number in 0..<16 {
                group.addTask { pushProfile(number, of: path, on: HostSession(sharing: shared)) }
            }
            for await outcome in group { #expect(outcome == KT_OK) }
        }
        let text = try read()
        #expect((0..<16).allSatisfy { text.contains("[p\($0)]\n\(pair)") } && others == ["credentials"])
    }

    @Test func `another owner's file keeps its owner`() throws {
        guard geteuid() == 0 else { return }
        try write("[default]\n")
        chown(path, 12_345, 23_456)
        #expect(try push().outcome == KT_OK)
        #expect(attributes().st_uid == 12_345 && attributes().st_gid == 23_456 && attributes().st_mode & 0o777 == 0o600)
    }

    @Test func `check says what is there, and who else may read it`() throws {
        try session().check(target(), []).expect(KT_OK, "File: \(path) (profile default): there is no such file yet")
        #expect(others.isEmpty)
        try write("[default]\naws_access_key_id = AKIAOLD1\n", mode: 0o644)
        try session().check(target(), []).expect(
            KT_OK,
            "File: \(path) (profile default): it holds AKIAOLD1, and can be written; others may read it (mode 644)")
    }

    @Test func `inspect reads the key ID`() throws {
        try session().inspect(target(), []).expect(KT_NOT_FOUND, "File: ", "there is no such file yet")
        try write("[default]\naws_access_key_id = \(HostSession.keyID)\n")
        #expect(try session().inspect(target(), []).report?.keyID == HostSession.keyID)
        try session().inspect(target(#","profile":"other""#), []).expect(
            KT_NOT_FOUND, "File: ", "it holds no key ID yet")
    }

    @Test(arguments: [
        (#""path":"relative""#, "path: is not the absolute path"), (#""path":"/x/""#, "path: is not the absolute path"),
        (#""path":"/x","profile":"a]""#, "profile: is not the name of a profile"),
        (#""path":"/x","profile":"a","format":"dotenv""#, "profile: has no effect"),
        (#""path":"/x","format":"ini""#, "format: not one of the values allowed"),
    ])
    func `a target that cannot be is refused`(fields: String, words: String) throws {
        try session().push("{\(fields),\(names)}", []).expect(KT_INVALID_CONFIG, "the target's fields: \(words)")
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .file)
        try page.expect("fields", page.fields())
    }
}
