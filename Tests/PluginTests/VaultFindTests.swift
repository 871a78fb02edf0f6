import CKeyturnPusher
import Testing

/// What is listed below a scope of Vault: kt.find/1.
@Suite struct VaultFindTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let other = "AKIAOTHEROTHEROTHER0"
    private static let pair = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#

    private func vault() throws -> HostSession {
        let configuration = #"{"token":"\#(HostSession.token)","endpoint":"https://vault.example:8200"}"#
        return try HostSession(.vault, configuration: configuration)
    }

    private func keys(_ names: String...) -> Reply {
        .status(200, #"{"data":{"keys":[\#(names.map { "\"\($0)\"" }.joined(separator: ","))]}}"#)
    }

    private func version(_ data: String, deletion: String = "", destroyed: Bool = false, status: UInt32 = 200) -> Reply
    {
        .status(
            status,
            #"{"data":{"data":\#(data),"metadata":{"version":3,"created_time":"2026-11-02T00:00:00.5Z","deletion_time":"\#(deletion)","destroyed":\#(destroyed)}}}"#
        )
    }

    private static let mount = Reply.status(200, #"{"data":{"type":"kv","path":"secret/","options":{"version":"2"}}}"#)
    private static let denied = Reply.status(403, #"{"errors":["permission denied"]}"#)
    private static let nothing = Reply.status(404, #"{"errors":[]}"#)
    private static let folder = #"{"mount":"secret","version":"2","path":"ci"}"#

    @Test func `Vault: a folder's secrets are read, and its folders are scopes`() throws {
        let session = try vault()
        let nested =
            #"{"deploy":{"id":"\#(Self.other)"},"AWS_ACCESS_KEY_ID":"\#(Self.id)","AWS_SECRET_ACCESS_KEY":"s"}"#
        let end = session.find(
            below: "secret/ci",
            [Self.mount, keys("app", "app/", "odd %2F name"), version(nested), version(#"{"n":1}"#)])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["secret/ci/app"])
        #expect(session.scopes.first?.fields == #"{"mount":"secret","version":"2","path":"ci/app"}"#)
        #expect(Set(session.found.map(\.keyID)) == [Self.id, Self.other])
        let fields = session.found.map(\.fields)
        #expect(fields.contains(#"{"mount":"secret","path":"ci/app","engine-version":"2",\#(Self.pair)}"#))
        #expect(fields.contains(""))
        #expect(try #require(end.requests.dropFirst(1).first).url.hasSuffix("/v1/secret/metadata/ci?list=true"))
        #expect(try #require(end.requests.dropFirst(3).first).url.hasSuffix("/v1/secret/data/ci/odd%20%252F%20name"))
    }

    @Test func `Vault: a list has deleted secrets too, and none of them is taken for live`() throws {
        let session = try vault()
        let data = #"{"AWS_ACCESS_KEY_ID":"\#(Self.id)"}"#
        session.find(
            below: "secret/ci", fields: Self.folder,
            [
                keys("a", "b", "c", "d"), version("null", deletion: "2026-11-01T00:00:00Z", status: 404),
                version("null", destroyed: true, status: 404), Self.nothing,
                // It will be deleted some day, and is there until then.
                version(data, deletion: "2030-01-01T00:00:00Z"),
            ]
        ).expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["secret/ci/d"] && session.gaps.isEmpty)
        // As of a proxy that makes a yes of it.
        session.find(below: "secret/ci", fields: Self.folder, [keys("a"), version("null", deletion: "x")])
            .expect(KT_OK, "")
        #expect(session.found.isEmpty)
    }

    @Test func `Vault: what may be listed and not read is a gap, and its name may speak for a key`() throws {
        let session = try vault()
        let end = session.find(
            below: "secret/ci", fields: Self.folder, [keys("aws-credentials", "db"), Self.denied, Self.denied])
        end.expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["secret/ci/aws-credentials"] && session.found.first?.keyID == "")
        #expect(session.gaps.map(\.part) == ["values of 2 secrets of secret/ci"])
        #expect(
            session.gaps.first?.outcome == KT_UNAUTHORIZED
                && session.gaps.first?.message.contains("secret/data/ci/*") == true)
        // Three answers that differ: no rights, nothing there, another engine.
        #expect(session.find(below: "secret/ci", fields: Self.folder, [Self.denied]).outcome == KT_UNAUTHORIZED)
        session.find(below: "secret/ci", fields: Self.folder, [Self.nothing]).expect(KT_OK, "")
        #expect(session.gaps.isEmpty && session.found.isEmpty)
        let transit = Reply.status(200, #"{"data":{"type":"transit","path":"transit/","options":null}}"#)
        #expect(session.find(below: "transit", [transit]).outcome == KT_INVALID_CONFIG)
    }

    @Test func `Vault: the stores that the token sees, of both versions`() throws {
        let session = try vault()
        session.find(
            below: "*",
            [
                .status(
                    200,
                    #"{"data":{"auth":{},"secret":{"teams/kv/":{"type":"kv","options":{"version":"2"}},"old/":{"type":"kv","options":null},"sys/":{"type":"system"}}}}"#
                )
            ]
        ).expect(KT_OK, "")
        #expect(Set(session.scopes.map(\.name)) == ["teams/kv", "old"])
        let old = try #require(session.scopes.first { $0.name == "old" })
        let end = session.find(
            below: "old", fields: old.fields,
            [keys("a"), .status(200, #"{"data":{"id":"\#(Self.id)","secret":"s"}}"#)])
        end.expect(KT_OK, "")
        #expect(end.lines.map { $0.split(separator: "/v1").last.map(String.init) } == ["/old?list=true", "/old/a"])
        #expect(session.found.first?.fields.contains(#""engine-version":"1""#) == true)
    }

    @Test func `Vault: a folder with more secrets than a call may read goes on in another call`() throws {
        let session = try vault()
        let names = (0..<260).map { "s\(1_000 + $0)" }
        session.answering = { request in
            guard request.url.hasSuffix("list=true") else { return .status(404, #"{"errors":[]}"#) }
            return .status(200, #"{"data":{"keys":[\#(names.map { "\"\($0)\"" }.joined(separator: ","))]}}"#)
        }
        let first = session.find(below: "secret/ci", fields: Self.folder, [])
        #expect(first.requests.count == 201 && session.scopes.map(\.name) == ["secret/ci after s1199"])
        let rest = session.find(below: "x", fields: session.scopes.first?.fields ?? "", [])
        #expect(rest.requests.count == 61 && session.scopes.isEmpty)
        #expect(rest.requests.last?.url.hasSuffix("/s1259") == true)
    }
}
