import FoundationEssentials
import Rotation
import Testing

@Suite("Causes")
struct CauseTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func delivering(_ targets: [(name: String, outcome: PushResult.Outcome?)]) -> Rotation {
        var rotation = Rotation(at: start)
        (rotation.number, rotation.phase) = (3, .delivering)
        rotation.next = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        for target in targets {
            var delivery = Delivery()
            (delivery.state, delivery.outcome) = (.failed, target.outcome)
            delivery.detail = "\(target.name) said something of its own"
            rotation.deliveries[TargetName(target.name)] = delivery
        }
        return rotation
    }

    @Test("a refused token is one cause, whatever the places are called and the service says")
    func token() {
        let one = delivering([("github:acme/a", .unauthorized)]).cause(in: "")
        #expect(one == Cause(id: "not-delivered github unauthorized", isShared: true))
        #expect(delivering([("github:acme/b", .unauthorized)]).cause(in: "other") == one)
        #expect(delivering([("gitlab:acme/b", .unauthorized)]).cause(in: "") != one)
        #expect(delivering([("github:acme/b", .retryable)]).cause(in: "") != one)
        let both = delivering([("travis:x", .timedOut), ("github:y", .unauthorized), ("github:z", .unauthorized)])
        #expect(both.cause(in: "")?.id == "not-delivered github unauthorized, travis timed-out")
        // What an earlier version wrote has no outcome.
        #expect(delivering([("github:acme/b", nil)]).cause(in: "")?.id == "not-delivered github failed")
    }

    @Test("what AWS refuses is one cause for the users of an account; an unknown key is each user's own")
    func problems() {
        var rotation = Rotation(at: start)
        #expect(rotation.cause(in: "") == nil)
        rotation.problem = Problem(code: .denied, message: "x", since: start)
        #expect(rotation.cause(in: "prod") == Cause(id: "denied prod", isShared: true))
        #expect(rotation.cause(in: "test") != rotation.cause(in: "prod"))
        rotation.problem = Problem(code: .unaccountedKey, message: "x", since: start)
        #expect(rotation.cause(in: "prod") == Cause(id: "unaccounted-key", isShared: false))
        rotation.problem = Problem(code: .targetRefuses, message: "x", since: start, pushers: "github")
        #expect(rotation.cause(in: "") == Cause(id: "target-refuses github", isShared: true))
    }

    @Test("a push passes while its quick tries last, and when the service asks for a pause")
    func passing() {
        let policy = Policy(maxAttempts: 3)
        var delivery = Delivery()
        (delivery.state, delivery.outcome, delivery.retryAt) = (.failed, .retryable, start)
        delivery.quickTries = 2
        #expect(delivery.isPassing(policy))
        delivery.quickTries = 3
        #expect(!delivery.isPassing(policy))
        delivery.outcome = .rateLimited
        #expect(delivery.isPassing(policy))
        (delivery.outcome, delivery.quickTries) = (.unauthorized, 1)
        #expect(!delivery.isPassing(policy))
    }

    @Test("an outcome of a later version is unknown, and the delivery can be read")
    func laterVersion() throws {
        let outcomes = try JSONDecoder().decode(
            [PushResult.Outcome].self, from: Data(#"["rate-limited", "of-tomorrow"]"#.utf8))
        #expect(outcomes == [.rateLimited, .unknown])
    }
}
