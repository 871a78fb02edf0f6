@testable import AWS
import Configuration
import Foundation
@testable import Operations
import PusherHost
import Rotation
import Testing

@Suite("Whom and what keyturn leaves alone")
struct RuleTests {
    private func caller(_ arn: String, _ source: String = "environment") -> CallerIdentity {
        CallerIdentity(arn: arn, keyID: "AKIAOPERATOREXAMPLE1", source: source)
    }

    @Test(
        "the user that keyturn runs as is not rotated; one of that name in another account is",
        arguments: [
            (["arn:aws:iam::111122223333:user/cicd-bot"], true),
            (["arn:aws:iam::111122223333:user/ci/cicd-bot"], true),
            (["arn:aws:iam::111122223333:user/keyturn"], false),
            // A role was assumed: first who keyturn is there, then with whose credentials.
            (["arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:iam::999999999999:user/cicd-bot"], false),
            (["arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:iam::111122223333:user/cicd-bot"], true),
            ([], false),
        ])
    func ownUser(_ arns: [String], isRefused: Bool) throws {
        let directory = try Directory()
        let loaded = try LoadedConfiguration(directory.context)
        let user = try #require(loaded.users.first)
        let refusal = OwnKeyRule(loaded).refusal(of: user, [loaded.account(of: user): arns.map { caller($0) }])
        #expect((refusal?.contains("it would cut itself off") ?? false) == isRefused)
    }

    @Test("a key of keyturn's own user that does not come from the file which the new key is written to is in the way")
    func ownFile() throws {
        let section = "version: 1\nself-rotation: { user: keyturn, profile: default }"
        let directory = try Directory(Directory.configuration("version: 1", section))
        try FileManager.default.createDirectory(
            atPath: directory.path + "/.aws", withIntermediateDirectories: true)
        let key = "[default]\naws_access_key_id = AKIAOPERATOREXAMPLE1\naws_secret_access_key = x\n"
        try directory.write(".aws/credentials", key, mode: 0o600)
        let loaded = try LoadedConfiguration(directory.context)
        let own = loaded.users.filter(\.isOwn)
        let user = try #require(own.first)
        let arn = "arn:aws:iam::111122223333:user/keyturn"
        func refusal(_ callers: CallerIdentity...) -> String? {
            OwnKeyRule(loaded).refusal(of: user, [loaded.account(of: user): callers])
        }
        #expect(refusal(caller(arn, "profile default")) == nil)
        #expect(refusal(caller(arn, "profile default"), caller(arn))?.contains("from environment") == true)
        #expect(refusal(caller(arn, "profile other"))?.contains("Let keyturn read its key from that profile") == true)
    }

    @Test("a place that no target names is in the way where it holds the user's key")
    func neighbours() throws {
        let entry = "acknowledged: [{ place: \"gitlab:acme/known\", reason: x }]"
        let directory = try Directory(Directory.configuration("version: 1", "version: 1\n\(entry)"))
        let loaded = try LoadedConfiguration(directory.context)
        let neighbourhood = Neighbourhood(loaded)
        let targets = loaded.users.flatMap(\.targets)
        let target = try #require(targets.first { $0.pusher == "gitlab" })
        let scope = ["project": "acme/tools/app", "environment-scope": "staging"]
        let places = [
            // Named by the target, whose scope is the manifest's default; GitLab keeps no case.
            FoundPlace(
                place: "acme/tools/app", fields: ["project": "ACME/tools/app", "environment-scope": "*"], keyID: "AKIA1"
            ),
            FoundPlace(place: "acme/tools/app (scope staging)", fields: scope, keyID: "AKIA2"),
            FoundPlace(place: "acme/known", fields: ["project": "acme/known"], keyID: "AKIA3"),
            FoundPlace(place: "acme/unreadable", fields: ["project": "acme/unreadable"], keyID: nil),
        ]
        let strays = neighbourhood.unnamed(places, around: PusherTarget(target))
        #expect(strays.map(\.name) == ["gitlab:acme/tools/app (scope staging)"])
        #expect(Neighbourhood.refusal(strays, of: ["AKIA1"]) == nil)
        let refusal = Neighbourhood.refusal(strays, of: ["AKIA2"])
        #expect(refusal?.contains("holds this user's key AKIA2, and no target names it") == true)
    }

    @Test("what a target shows, in words")
    func looks() {
        var rotation = Directory.idle(at: Directory.now)
        rotation.previous = KeyRecord(
            id: AccessKeyID("AKIAPREVIOUSEXAMPLE1"), created: Directory.now, status: .inactive)
        let target = TargetName(Directory.targets[0])
        func look(_ outcome: PushResult.Outcome, _ key: String? = nil) -> TargetLook {
            TargetLook(CallReport(outcome, "it said so", keyID: key), rotation)
        }
        #expect(look(.ok, "AKIACURRENTEXAMPLE01").text == "holds AKIACURRENTEXAMPLE01 (current)")
        #expect(look(.ok, "AKIAPREVIOUSEXAMPLE1").text == "holds AKIAPREVIOUSEXAMPLE1 (previous)")
        #expect(look(.ok, "AKIAOTHER").text == "holds AKIAOTHER (foreign)")
        let unreadable = "the key that it holds cannot be read back"
        #expect(look(.ok).text == unreadable && look(.unsupported).text == unreadable)
        var written = CallReport(.ok, "it said so")
        written.changedAt = "2026-11-22T10:00:00Z"
        #expect(TargetLook(written, rotation).text == "\(unreadable), last written 2026-11-22T10:00:00Z")
        #expect(look(.notFound).text == "holds nothing")
        #expect(look(.timedOut).text == "could not be asked which key it holds: it said so")
        func drift(_ look: TargetLook) -> String? { look.drift(of: target, "bot", rotation, at: Directory.now) }
        #expect(drift(look(.ok, "AKIACURRENTEXAMPLE01")) == nil && drift(look(.timedOut)) == nil)
        #expect(drift(look(.ok, "AKIAOTHER"))?.contains("`keyturn rotate bot`") == true)
    }
}
