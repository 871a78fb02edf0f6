import JSON
@testable import Operations
import Rotation
import Testing

@Suite("A check that asks AWS and every target", .timeLimit(.minutes(1)))
struct OnlineCheckTests {
    private static let targets = ["target github:acme/app", "target gitlab:acme/tools/app", "target travis:acme/app"]

    private func check(_ world: StandIns) async throws -> [String: Finding] {
        var check = try await ConfigurationCheck(world.context)
        let findings = try await check.run([], online: true)
        return Dictionary(findings.map { ($0.subject, $0) }) { first, _ in first }
    }

    /// The key that the first user has and all targets hold.
    private func key(_ findings: [String: Finding]) throws -> String {
        let detail = try #require(findings["user cicd-bot"]?.detail)
        return try #require(
            detail.split { !$0.isLetter && !$0.isNumber }.map(String.init).first { $0.hasPrefix("AKIA") })
    }

    @Test("finds nothing to say where everything is in order")
    func order() async throws {
        let findings = try await check(try StandIns())
        #expect(findings.values.allSatisfy { $0.status == .done && $0.warning == nil })
        let caller = try #require(findings.first { $0.key.hasPrefix("aws us-east-1, http") }?.value.detail)
        #expect(caller.hasPrefix("keyturn is arn:aws:iam::") && caller.contains("with credentials of "))
        let keys = try #require(findings["user cicd-bot"]?.detail)
        #expect(
            keys.contains(":user/cicd-bot: AKIA") && keys.contains(" Active, created ")
                && keys.contains("(asked as arn:"))
        for target in Self.targets { #expect(findings[target] != nil, "\(target) was not asked") }
    }

    @Test("doubts a target that holds no key, or one of another user, before the first rotation")
    func doubts() async throws {
        let world = try StandIns {
            $0 = $0.replacing("pusher: travis, repository: acme/app", with: "pusher: travis, repository: acme/empty")
                .replacing("pusher: gitlab, project: acme/tools/app", with: "pusher: gitlab, project: acme/theirs")
        }
        let theirs = try await world.addUser("them")
        _ = try await world.order("/places", .object(["service": .string("travis"), "name": .string("acme/empty")]))
        _ = try await world.order(
            "/places",
            .object(["service": .string("gitlab"), "name": .string("acme/theirs"), "user": .string("them")]))
        let findings = try await check(world)
        #expect(findings["target travis:acme/empty"]?.warning?.hasPrefix("it holds no key today") == true)
        #expect(
            findings["target gitlab:acme/theirs"]?.warning
                == "it holds \(theirs), which is not a key of this user; the first rotation replaces it")
        #expect(findings["target github:acme/app"]?.warning == nil)
    }

    @Test("says what each target holds after rotations, and what drifted")
    func drift() async throws {
        let world = try StandIns()
        var rotation = Directory.idle()
        rotation.current?.id = AccessKeyID(try key(try await check(world)))
        try await world.directory.know(["cicd-bot": rotation])
        let same = try await check(world)
        #expect(same["target gitlab:acme/tools/app"]?.status == .done)
        #expect(same["target gitlab:acme/tools/app"]?.detail.contains("; holds ") == true)
        rotation.current?.id = AccessKeyID("AKIANEWEREXAMPLE0001")
        try await world.directory.know(["cicd-bot": rotation])
        let drifted = try #require(try await check(world)["target gitlab:acme/tools/app"])
        let held = try key(same)
        #expect(drifted.status == .failed && drifted.detail.contains(held))
    }

    @Test("fails for a user with two keys of which keyturn has no record")
    func unaccounted() async throws {
        let world = try StandIns {
            $0 += "  two:\n    targets:\n      - { pusher: travis, repository: acme/two }\n"
        }
        _ = try await world.order(
            "/users", .object(["name": .string("two"), "keys": .integer(2), "tags": .object([:])]))
        _ = try await world.order("/places", .object(["service": .string("travis"), "name": .string("acme/two")]))
        let findings = try await check(world)
        let two = try #require(findings["user two"])
        #expect(two.status == .failed && two.detail.contains("keyturn has no record of where they are used"))
        #expect(two.detail.contains("`keyturn adopt two --current AKIA"))
        #expect(findings["user cicd-bot"]?.status == .done)
    }

    @Test("names a place next to a target that holds the user's key and that no target names")
    func stray() async throws {
        let world = try StandIns()
        let held = try key(try await check(world))
        _ = try await world.gitLab(
            "/groups/acme/variables", .object(["key": .string("AWS_ACCESS_KEY_ID"), "value": .string(held)]))
        let findings = try await check(world)
        let warning = try #require(findings["target gitlab:acme/tools/app"]?.warning)
        #expect(warning.contains("gitlab:group acme, variable AWS_ACCESS_KEY_ID"))
    }

    @Test("says who asked where IAM does not know the user, and goes on with the others")
    func unknownUser() async throws {
        let world = try StandIns {
            $0 += "  nobody:\n    targets:\n      - { pusher: travis, repository: acme/other }\n"
        }
        let findings = try await check(world)
        let unknown = try #require(findings["user nobody"])
        #expect(unknown.status == .failed && unknown.detail.contains("is the name right, and the account?"))
        #expect(unknown.detail.contains("; asked as arn:aws:iam::"))
        #expect(findings["target travis:acme/other"]?.status != .done)
        #expect(findings["user cicd-bot"]?.status == .done)
    }

    @Test("refuses the user with whose key keyturn runs")
    func own() async throws {
        let world = try StandIns { $0 = $0.replacing("  cicd-bot:", with: "  keyturn-admin:") }
        let finding = try #require(try await check(world)["user keyturn-admin"])
        #expect(finding.status == .notAllowed && finding.detail.contains("cut itself off"))
    }

    @Test("says that AWS or a service refuses, each where it does")
    func refusals() async throws {
        let world = try StandIns()
        _ = try await world.order(
            "/faults",
            .object([
                "service": .string("aws"), "path": .string("GetCallerIdentity"), "status": .integer(403),
                "times": .integer(0),
                "body": .string(
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"),
            ]))
        _ = try await world.order(
            "/faults", .object(["service": .string("github"), "status": .integer(401), "times": .integer(0)]))
        let findings = try await check(world)
        #expect(findings.first { $0.key.hasPrefix("aws ") }?.value.status == .notAllowed)
        #expect(findings["user cicd-bot"]?.detail.contains("asked as") == false)
        #expect(findings["target github:acme/app"]?.status == .notAllowed)
        #expect(findings["target travis:acme/app"]?.status == .done)
    }

    @Test("promises no further try of what it asks once")
    func once() async throws {
        let world = try StandIns()
        _ = try await world.order(
            "/faults", .object(["service": .string("travis"), "status": .integer(503), "times": .integer(0)]))
        let target = try #require(try await check(world)["target travis:acme/app"])
        #expect(target.status == .unavailable && target.detail.contains("fault on the service's side"))
        #expect(!target.detail.contains("tried again"), "\(target)")
    }

    @Test("says that this machine's clock and AWS's differ")
    func clock() async throws {
        let world = try StandIns()
        _ = try await world.order("/clock", .object(["seconds": .integer(3_600)]))
        let findings = try await check(world)
        #expect(findings["clock"]?.status == .done && findings["clock"]?.warning != nil)
        #expect(findings["user cicd-bot"]?.status == .done, "signatures are made by AWS's clock")
    }
}
